"""Filter definitions_document: declared definitions as the document that RabbitMQ loads at its first boot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_document import document


def definitions_document(declared: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    try:
        return document(declared)
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(f"definitions_document: an object lacks or misuses {error}") from error


class FilterModule:
    """The name under which Ansible finds this filter."""

    def filters(self) -> dict[str, Callable[..., dict[str, list[dict[str, Any]]]]]:
        return {"definitions_document": definitions_document}
