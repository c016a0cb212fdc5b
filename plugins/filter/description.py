"""Filter stack_description: the resolved stack as one document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.rabbitry.stack.plugins.plugin_utils import description


def stack_description(*args: Any, **kwargs: Any) -> dict[str, Any]:
    try:
        return description.stack_description(*args, **kwargs)
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"stack_description: {error!r}") from error


class FilterModule:
    """The name under which Ansible finds this filter."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"stack_description": stack_description}
