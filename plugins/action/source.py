"""Action `source`: fetches an application to the controller, and says what a host needs of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.plugin_utils import application, celery_sets
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import Tools
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import refusal

LOCKS = Path(__file__).resolve().parents[2] / "roles/celery_app/files/locks"
ARGUMENTS = {
    "source": {"type": "str", "default": ""},
    "sample": {"type": "str", "required": True},
    "module": {"type": "str", "default": ""},
    "requirements": {"type": "str", "default": ""},
    "install": {"type": "str", "default": "auto", "choices": ["auto", "copy", "wheel"]},
    "venv": {"type": "str", "default": ""},
    "set": {"type": "str", "required": True},
    "cache": {"type": "path", "required": True},
    "index": {"type": "str", "default": "", "no_log": True},
}


class ActionModule(ActionBase):
    """The arguments of the module `source`; nothing is changed on the host, which is not even entered.

    Returns `root` (a directory of this machine that becomes the release, "" for none), `package` (a wheel of
    this machine, or a package with its version, "" for none) and its `identity`, `existing`, `shown` (the
    source as it may be printed), and of the packages `lock`, `wanted` and `leading`.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, given = self.validate_argument_spec(argument_spec=ARGUMENTS)
        decisions = application.Decisions(
            source=given["source"],
            module=given["module"],
            requirements=given["requirements"],
            celery_set=given["set"],
            install=given["install"],
            venv=given["venv"],
            sample=Path(given["sample"]),
            poetry=text("poetry.txt"),
            locate=self._loader.path_dwim,
        )
        found = application.resolve(decisions, Tools(Path(given["cache"]), given["index"]))
        if found.faults:
            return {**result, **refusal(found.faults)}
        return {
            **result,
            "changed": False,
            "root": str(found.root or ""),
            "package": found.package,
            "identity": found.identity,
            "existing": found.existing,
            "shown": found.shown,
            "lock": found.packages.lock,
            "wanted": found.packages.wanted,
            "leading": celery_sets.leading(text(f"{given['set']}.in"), found.packages.pins),
        }


def text(name: str) -> str:
    """One of the lists and locks that come with the role celery_app."""
    return (LOCKS / name).read_text(encoding="utf-8")
