"""Write JSON documents beside the inventory, on the machine that runs Ansible, without starting a module."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """`directory` (made 0700) and `documents`: a mapping of file name to data; each file is written 0600.

    The result's `changed` says whether a file's bytes differ from before. Check mode writes as well: the
    documents belong to the controller, and a check of a host needs them as much as a run does.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return `{"changed": bool, "paths": [files]}`; AnsibleActionFail when a file cannot be written."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        directory = Path(self._task.args["directory"])
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            paths = [
                str(directory / name)
                for name, data in self._task.args["documents"].items()
                if write(directory / name, json.dumps(data, indent=2) + "\n")
            ]
        except OSError as error:
            raise AnsibleActionFail(f"cannot write {error.filename}: {error.strerror}") from error
        return {**result, "changed": bool(paths), "paths": paths}


def write(path: Path, text: str) -> bool:
    """Replace `path` by `text` in one step, mode 0600; False when it holds that text already."""
    if path.is_file() and path.read_text() == text:
        return False
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    fresh.replace(path)
    return True
