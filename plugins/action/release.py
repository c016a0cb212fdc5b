"""Packs an application's source here, and hands it to the module of that name when it is new to the host."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle


class ActionModule(ActionBase):
    """Asks the host first, by the digest: no change is one call of the module and sends nothing."""

    _supports_check_mode = True
    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        source = Path(self._loader.path_dwim(str(arguments.get("source") or ""))).expanduser()
        try:
            entries = bundle.read(source)
        except bundle.BundleError as error:
            return {
                **result,
                "failed": True,
                "msg": f"celery_app_source: {error}",
                "hint": f"ls -la {source}",
            }
        arguments["digest"] = bundle.digest(entries)
        answer = self._execute_module(
            module_name="rabbitry.stack.release", module_args=arguments, task_vars=task_vars
        )
        if answer.get("needed"):
            arguments["archive"] = self._sent(bundle.pack(entries))
            answer = self._execute_module(
                module_name="rabbitry.stack.release", module_args=arguments, task_vars=task_vars
            )
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return {**result, **answer}

    def _sent(self, content: bytes) -> str:
        """Copy the archive to the host; returns its path there."""
        if not self._connection._shell.tmpdir:
            self._make_tmp_path()
        remote: str = self._connection._shell.join_path(self._connection._shell.tmpdir, "release.tar.gz")
        with tempfile.NamedTemporaryFile(prefix="rabbitry-", suffix=".tar.gz") as file:
            file.write(content)
            file.flush()
            self._transfer_file(file.name, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        return remote
