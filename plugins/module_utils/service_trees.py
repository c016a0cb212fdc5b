"""What is stated of the directories that all services share, and of those below /run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.service import LAUNCH, LOGS, RUN, Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_record import STARTED

Item = dict[str, Any]

OURS = {**HERE.owner, "guarded": False}
PROGRAMS = {"directory_mode": "0755", "file_mode": "0755", "directory_least": "0755", "file_least": "0644"}


def items(services: Iterable[Service], ledgers: Path, directories: Collection[str]) -> list[Item]:
    """Trees as the module `place` takes them; `directories` are those that the supervisor needs."""
    shared: list[Item] = [
        # What was on the host before may be secret.
        {"path": str(ledgers), "directory_mode": "0700", "file_mode": "0600", **OURS},
        {"path": str(ledgers.parent / "packages"), "directory_mode": "0700", "file_mode": "0644", **OURS},
        {"path": str(Path(LAUNCH).parent), **PROGRAMS, **OURS},
        # Here, and nowhere else, root's supervisor looks for programs to start. Each group has its secrets.
        {"path": HERE.configuration, "directory_mode": "0755", "file_mode": "0644", **OURS, "group": ""},
        {"path": RUN, "directory_mode": "0755", "directory_least": "0755", "depth": 0, **OURS},
        {"path": str(STARTED), "directory_mode": "0755", "file_mode": "0600", **OURS},
    ]
    if LOGS in directories:
        shared.append({"path": LOGS, "directory_mode": "0750", "file_mode": "0644", **OURS})
    return shared + [
        {
            "path": f"{RUN}/{name}",
            "user": service.user,
            "group": service.group,
            "directory_mode": "0755",
            "file_mode": "0644",
        }
        for service in services
        for name in service.runtime_dirs
    ]
