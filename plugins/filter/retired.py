"""Filter retired: what `retire` did or would do on each host, as the document that `destroy` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def retired(hosts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return {"schema": 1, "hosts": [{"name", "removed", "restored", "kept"}]}, the lists as they were given.

    `hosts` are the hosts' variables, each with the module's result as `destroy_result`.
    """
    return {
        "schema": 1,
        "hosts": [
            {"name": host["inventory_hostname"]}
            | {key: host["destroy_result"][key] for key in ("removed", "restored", "kept")}
            for host in hosts
        ],
    }


class FilterModule:
    """The name under which Ansible finds this filter."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"retired": retired}
