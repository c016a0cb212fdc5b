"""Filter restored: what `ownership` put right on each host, as the document that `fix permissions` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def restored(hosts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return {"schema": 1, "hosts": [{"name", "restored": [{"name", "before", "after"}]}]}.

    `hosts` are the hosts' variables, each with the module's result as `permissions_result`; a host that was
    not reached has none, and is left out.
    """
    reached = [host for host in hosts if "restored" in (host.get("permissions_result") or {})]
    return {
        "schema": 1,
        "hosts": [
            {"name": host["inventory_hostname"], "restored": host["permissions_result"]["restored"]}
            for host in reached
        ],
    }


class FilterModule:
    """The name under which Ansible finds this filter."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"restored": restored}
