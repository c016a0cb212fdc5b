"""Filters amqp_url, redis_url and sentinel_url: connection URLs in which any password survives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.rabbitry.stack.plugins.plugin_utils import url


def amqp_url(*args: Any, **kwargs: Any) -> str:
    try:
        return url.amqp_url(*args, **kwargs)
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"amqp_url: {error}") from error


def amqp_urls(*args: Any, **kwargs: Any) -> str:
    try:
        return url.amqp_urls(*args, **kwargs)
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"amqp_urls: {error}") from error


def redis_url(*args: Any, **kwargs: Any) -> str:
    try:
        return url.redis_url(*args, **kwargs)
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"redis_url: {error}") from error


def sentinel_url(*args: Any, **kwargs: Any) -> str:
    try:
        return url.sentinel_url(*args, **kwargs)
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"sentinel_url: {error}") from error


class FilterModule:
    """The names under which Ansible finds these filters."""

    def filters(self) -> dict[str, Callable[..., str]]:
        functions = (amqp_url, amqp_urls, redis_url, sentinel_url)
        return {function.__name__: function for function in functions}
