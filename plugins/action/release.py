"""Packs an application's source here, and hands it to the module of that name when it is new to the host."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.plugin_utils import sending


class ActionModule(ActionBase):
    """Asks the host first, by the digest: no change is one call of the module and sends nothing."""

    _supports_check_mode = True
    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        entries: list[bundle.Entry] = []
        if not arguments.get("existing"):
            source = Path(self._loader.path_dwim(str(arguments.get("source") or ""))).expanduser()
            try:
                entries = (
                    installed(str(arguments["package"])) if arguments.get("package") else bundle.read(source)
                )
            except bundle.BundleError as error:
                return {
                    **result,
                    "failed": True,
                    "msg": f"celery_app_source: {error}",
                    "hint": f"ls -la {source}",
                }
            arguments["digest"] = bundle.digest(entries)

        def send() -> str:
            with tempfile.NamedTemporaryFile(prefix="rabbitry-", suffix=".tar.gz") as file:
                file.write(bundle.pack(entries))
                file.flush()
                return sending.send(self, Path(file.name), "release.tar.gz")

        return {**result, **sending.ask(self, "release", arguments, task_vars, send)}


def installed(package: str) -> list[bundle.Entry]:
    """The release of an application that its environment has as a package: a place to work in, and a note."""
    text = f"The application is installed in the environment, from {package}.\n"
    return [bundle.Entry("SOURCE", "file", text.encode())]
