"""Action `together`: checks, when every host was looked at, what they must have in common."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.plugin_utils import together
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import refusal


class ActionModule(ActionBase):
    """`hosts` are those that were looked at in this run. Fails with all faults as `faults`."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Compare the hosts' clocks and the brokers' releases by what `preflight` left as facts."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = task_vars or {}
        _, arguments = self.validate_argument_spec(
            argument_spec={"hosts": {"type": "list", "elements": "str", "required": True}}
        )
        seen = {name: given["hostvars"][name]["ansible_facts"]["rabbitry"] for name in arguments["hosts"]}
        releases = {}
        for name in given["groups"].get("brokers", []):
            package = seen[name]["packages"].get("rabbitmq-server", {}) if name in seen else {}
            releases[name] = str(package.get("installed") or package.get("candidate") or "")
        faults = together.judge_clocks({name: tuple(one["ahead"]) for name, one in seen.items()})
        faults += together.judge_releases(releases)
        return {**result, **(refusal(faults) if faults else {}), "changed": False}
