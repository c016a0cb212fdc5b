"""Keep systemd from starting given units while their packages install, without leaving a trace."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

RUNTIME = Path("/run/systemd/system")
NAME = "rabbitry-hold.conf"
# A condition and not a mask: a masked unit is not enabled by its package, and a start that is held back is
# no failure for the package's scripts.
TEXT = "# Rabbitry installs packages: the unit waits.\n[Unit]\nConditionPathExists=!/\n"


def full_name(unit: str) -> str:
    """`redis-server` means `redis-server.service`."""
    return unit if "." in unit else f"{unit}.service"


def hold(units: Sequence[str], runtime: Path = RUNTIME) -> list[str]:
    """Hold the units that are not active, so that a running one may be restarted; returns those held.

    Nothing on a host where systemd does not run.
    """
    if not units or not runtime.is_dir():
        return []
    wanted = [full_name(unit) for unit in units]
    told = subprocess.run(["systemctl", "is-active", *wanted], capture_output=True, text=True, check=False)
    held = [unit for unit, state in zip(wanted, told.stdout.split(), strict=True) if state != "active"]
    for unit in held:
        path = runtime / f"{unit}.d" / NAME
        path.parent.mkdir(exist_ok=True)
        path.write_text(TEXT, encoding="ascii")
    return held


def release(units: Sequence[str], runtime: Path = RUNTIME) -> None:
    """Undo `hold`, and let systemd read its units again. Does nothing when nothing is held."""
    found = [path for unit in set(units) if (path := runtime / f"{unit}.d" / NAME).exists()]
    for path in found:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    if found:
        subprocess.run(["systemctl", "daemon-reload"], capture_output=True, check=False)
