"""Filters about the applications of a stack; see plugin_utils/apps.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.rabbitry.stack.plugins.plugin_utils import apps


def _filter(function: Callable[..., Any]) -> Callable[..., Any]:
    def filtered(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AnsibleFilterError(f"{function.__name__}: {error!r}") from error

    return filtered


class FilterModule:
    """The names under which Ansible finds these filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        functions = (
            apps.apps,
            apps.app_password_terms,
            apps.app_secret_key_terms,
            apps.app_secret_keys,
            apps.app_services,
            apps.app_vhosts,
            apps.app_users,
            apps.app_secrets,
            apps.apps_topology,
            apps.apps_consumer_timeout,
        )
        return {function.__name__: _filter(function) for function in functions}
