"""Filters that complete what an inventory declares for a broker; see plugin_utils/broker_entries.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.rabbitry.stack.plugins.plugin_utils import broker_entries


def _filter(function: Callable[..., Any]) -> Callable[..., Any]:
    def filtered(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AnsibleFilterError(f"broker_{function.__name__}: {error!r}") from error

    return filtered


class FilterModule:
    """The names under which Ansible finds these filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        functions = (
            broker_entries.in_vhost,
            broker_entries.typed_queues,
            broker_entries.on_all,
            broker_entries.password_terms,
            broker_entries.users,
            broker_entries.secrets,
            broker_entries.plugins,
        )
        return {f"broker_{function.__name__}": _filter(function) for function in functions}
