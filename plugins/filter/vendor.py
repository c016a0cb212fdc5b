"""Filter that says what a host must be given for packages of the vendor's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.vendor import rabbitmq_vendor


class FilterModule:
    """The names under which Ansible finds these filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"rabbitmq_vendor": rabbitmq_vendor}
