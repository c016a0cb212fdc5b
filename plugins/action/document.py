"""Write JSON documents beside the inventory, on the machine that runs Ansible, without starting a module."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.module_utils import files


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
                if put(directory / name, f"{json.dumps(data, indent=2)}\n".encode())
            ]
        except files.Refused as refusal:
            raise AnsibleActionFail(str(refusal)) from refusal
        except OSError as error:
            raise AnsibleActionFail(f"cannot write {error.filename}: {error.strerror}") from error
        return {**result, "changed": bool(paths), "paths": paths}


def put(path: Path, content: bytes) -> bool:
    """Replace `path` by `content`, mode 0600; False when it holds that already."""
    if files.read(path) == content:
        return False
    files.write(path, content, 0o600)
    return True
