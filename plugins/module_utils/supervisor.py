"""One face over systemd, supervisord and launchd for whoever asks how services are."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import ledger, service_record
from ansible_collections.rabbitry.stack.plugins.module_utils.control_launchd import Launchd
from ansible_collections.rabbitry.stack.plugins.module_utils.control_supervisord import Supervisord
from ansible_collections.rabbitry.stack.plugins.module_utils.control_systemd import Systemd
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import is_darwin
from ansible_collections.rabbitry.stack.plugins.module_utils.service import RUN, Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import (
    Control,
    SupervisorError,
    tail,
)

KINDS: dict[str, type[Control]] = {"systemd": Systemd, "supervisord": Supervisord, "launchd": Launchd}


def detect() -> str:
    """The supervisor of this host: `systemd` where it runs, `launchd` on macOS, else `supervisord`."""
    if is_darwin():
        return "launchd"
    return "systemd" if Path("/run/systemd/system").is_dir() else "supervisord"


def control(kind: str = "") -> Control:
    """The hand on the named supervisor, on this host's own when none is named. Raises SupervisorError."""
    kind = kind or detect()
    if kind not in KINDS:
        raise SupervisorError(f"`{kind}` is no supervisor, known are {', '.join(KINDS)}")
    return KINDS[kind]()


def recorded(names: Sequence[str] | None = None, root: Path = ledger.ROOT) -> dict[str, Mapping[str, Any]]:
    """Ledger entries of services by name, of all when no names are given, in the order they were recorded."""
    entries = [entry for one in ledger.load_all(root) for entry in one.entries if entry["kind"] == "service"]
    return {entry["name"]: entry for entry in entries if names is None or entry["name"] in names}


def described(entry: Mapping[str, Any]) -> Service:
    """The service that a ledger entry tells of."""
    return Service.from_vars(
        entry.get("definition") or {"name": entry["name"], "unit": f"{entry['name']}.service"}
    )


def states(names: Sequence[str], root: Path = ledger.ROOT) -> dict[str, dict[str, Any]]:
    """How services are, by name: running, state, enabled, pid, since (epoch, 0), restarts, reason."""
    found: dict[str, dict[str, Any]] = {}
    for kind, services in _by_supervisor(names, root).items():
        found |= {name: state.public() for name, state in control(kind).states(services).items()}
    return {name: found[name] for name in names}


def logs(name: str, lines: int = 30, root: Path = ledger.ROOT) -> list[str]:
    """The last lines of a service's log: of its output and of the files that it writes itself."""
    ((kind, (service,)),) = _by_supervisor([name], root).items()
    return log_of(control(kind), service, lines)


def log_of(
    hand: Control, service: Service, lines: int, marks: Mapping[str, float] | None = None
) -> list[str]:
    """The last lines of a service's log, from its marks (see `service_wait.marks`) on when given."""
    positions = marks or {}
    own = [line for path in service.log_files for line in tail(path, lines, positions.get(path))]
    return [*hand.log(service, lines, positions.get("")), *own][-lines:]


def remove(entry: Mapping[str, Any], *more: Mapping[str, Any]) -> None:
    """Stop services by their ledger entries, make their supervisors forget them and delete their files.

    Later entries are stopped first. Raises SupervisorError.
    """
    entries = [entry, *more]
    for kind in dict.fromkeys(str(one["supervisor"]) for one in entries):
        mine = [one for one in entries if one["supervisor"] == kind]
        hand, services = control(kind), [described(one) for one in mine]
        hand.forget(services)
        for path in (Path(name) for one in mine for name in one["unit_path"]):
            path.unlink(missing_ok=True)
            if path.parent.name.endswith(".service.d") and not any(path.parent.iterdir()):
                path.parent.rmdir()
        for service in services:
            service_record.forget(service.name)
            for name in service.runtime_dirs:
                shutil.rmtree(Path(RUN) / name, ignore_errors=True)
        hand.reload([], [])
        hand.finish()
    if Path(RUN).is_dir() and not any(Path(RUN).iterdir()):
        Path(RUN).rmdir()


def _by_supervisor(names: Sequence[str], root: Path) -> dict[str, list[Service]]:
    entries = recorded(names, root)
    found: dict[str, list[Service]] = {}
    for name in names:
        entry = entries.get(name, {"name": name, "supervisor": detect()})
        found.setdefault(str(entry["supervisor"]), []).append(described(entry))
    return found
