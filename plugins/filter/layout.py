"""Filter layout: where things are on a host, by its facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.rabbitry.stack.plugins.plugin_utils.platform_layout import host_layout


def layout(facts: Mapping[str, Any] | None, local: bool = False) -> dict[str, str]:
    """See `platform_layout.host_layout`."""
    try:
        return host_layout(facts or {}, bool(local))
    except (AttributeError, TypeError) as error:
        raise AnsibleFilterError(f"layout: facts are needed: {error}") from error


class FilterModule:
    """The names under which Ansible finds these filters."""

    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        return {"layout": layout}
