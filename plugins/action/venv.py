"""Hands an application's own wheel to the module of that name when the host has to install it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.plugin_utils import sending


class ActionModule(ActionBase):
    """Asks the host first: no change is one call of the module and sends nothing."""

    _supports_check_mode = True
    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        wheel = Path(str(arguments.get("package") or ""))
        if wheel.suffix == ".whl":
            arguments["package"] = wheel.name
        answer = sending.ask(self, "venv", arguments, task_vars, lambda: sending.send(self, wheel))
        return {**result, **answer}
