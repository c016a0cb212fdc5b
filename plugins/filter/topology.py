"""Filter celery_topology: the definitions that a Celery application's queues need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.rabbitry.stack.plugins.plugin_utils import topology


def celery_topology(*args: Any, **kwargs: Any) -> dict[str, list[dict[str, Any]]]:
    try:
        return topology.celery_topology(*args, **kwargs)
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"celery_topology: {error}") from error


class FilterModule:
    """The name under which Ansible finds this filter."""

    def filters(self) -> dict[str, Callable[..., dict[str, list[dict[str, Any]]]]]:
        return {"celery_topology": celery_topology}
