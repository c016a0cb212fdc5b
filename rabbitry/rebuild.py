"""The verb `rebuild`: the broker built anew, for a release that cannot open the data that is there."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rabbitry import ansible, report
from rabbitry.describe import current
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.model import Stack
from rabbitry.overview import Overview
from rabbitry.proving import prove
from rabbitry.reset import held
from rabbitry.status import pulses

NOTE = "rebuild.json"
STEPS = (
    "the definitions are exported, beat stops, the workers empty the queues",
    "everything stops, the broker's data is moved aside under a dated name; nothing of it is deleted",
    "RabbitMQ's packages move to the release that the host's sources have, where there is another",
    "the broker starts with what the inventory declares; what else the export has comes back",
)


@dataclass(frozen=True)
class Begun:
    """A rebuild that has begun: `stamp` ends the name of the old data, `export` is what the old broker gave.

    Kept until the end: a run after an interrupted one takes up where that one was.
    """

    stamp: str
    export: str = ""

    @classmethod
    def read(cls, path: Path) -> Begun | None:
        """The one that was interrupted; None when there is none, or its note is damaged."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Note it for a later run."""
        path.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def rebuild(
    environment: Environment,
    *,
    yes: bool = False,
    leave: bool = False,
    without_export: bool = False,
    definitions: str = "",
    wait: int = 300,
) -> None:
    """Build the broker anew after consent; at most `wait` seconds are given to the workers.

    With `leave` messages stay behind in the old data. `without_export` is for a broker that cannot start any
    more: nobody is asked then, and `definitions` may name an earlier export to restore from. StackError when
    nobody agrees, something is in the way (then everything runs on) or no task comes back afterwards.
    """
    stack = current(environment)
    if len(stack.brokers) > 1 or stack.runs_on != "hosts":
        message = f"only one broker on a host is built anew, not {len(stack.brokers)} on {stack.runs_on}"
        raise StackError(message, f"./inv backup{environment.option}")
    given = _file(definitions)
    note = environment.state / NOTE
    interrupted = Begun.read(note)
    exports = not (without_export or given)
    _show(environment, stack, interrupted, leave=leave, exports=exports)
    if not yes and not report.confirm("Build the broker anew?"):
        raise StackError("nothing was done", f"./inv rebuild --yes{environment.option}")
    begun = interrupted or Begun(time.strftime("%Y%m%d-%H%M%S"))
    begun = replace(begun, export=given) if given else begun
    begun.write(note)
    extra: dict[str, Any] = {
        "rabbitry_rebuilds": True,
        "rabbitry_full": True,
        "rabbitry_aside": begun.stamp,
        "rabbitry_exports": exports,
        "rabbitry_drains": exports and not leave,
        "rabbitry_drain": wait,
        "rabbitry_services": services(stack),
    }
    with report.progress() as progress:
        begun = _drain(environment, begun, extra, progress)
        begun.write(note)
        try:
            more = {"rabbitry_export": begun.export}
            run = ansible.run("rebuild", environment, extra=extra | more, listen=progress.hear)
            environment.described()
            prove(environment, Stack.load(environment.stack), progress)
        except StackError as error:
            left = Fault(
                f"the rebuild of {begun.stamp} is not finished", f"./inv rebuild{environment.option}"
            )
            raise StackError.of([*error.faults, left], error.exit_code) from error
    note.unlink(missing_ok=True)
    _tell(stack, begun)
    report.warnings(run.notes)


def services(stack: Stack) -> dict[str, dict[str, list[str]]]:
    """Which services send and which carry out tasks: {"beats": {host: [names]}, "workers": the same}."""
    found: dict[str, dict[str, list[str]]] = {"beats": {}, "workers": {}}
    for host in stack.hosts:
        own = [service.name for service in host.services]
        workers = {worker.service for app in stack.apps for worker in app.workers}
        beats = {app.beat.service for app in stack.apps if app.beat}
        found["beats"][host.name] = [name for name in own if name in beats]
        found["workers"][host.name] = [name for name in own if name in workers]
    return found


def _file(path: str) -> str:
    """The whole path of an export; StackError when it is none."""
    if not path:
        return ""
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StackError(
            f"`{path}` cannot be read as exported definitions: {error}", "ls .state/*/backup"
        ) from error
    if not isinstance(read, dict) or not {"vhosts", "users"} <= read.keys():
        raise StackError(f"`{path}` holds no exported definitions", "ls .state/*/backup")
    return str(Path(path).absolute())


def _show(
    environment: Environment, stack: Stack, interrupted: Begun | None, *, leave: bool, exports: bool
) -> None:
    """What will be done, and what there is to lose."""
    if interrupted:
        report.line(f"takes up the rebuild that began at {interrupted.stamp} and was interrupted")
    for number, step in enumerate(STEPS, 1):
        report.line(f"{number}. {step}")
    overview = Overview(stack, pulses(environment, stack))
    report.line("; ".join(held(overview.of(app), app.vhost) for app in stack.apps))
    if leave:
        report.line("messages that are in the queues are left behind in the old data")
    if not exports:
        report.line("the broker is not asked: what nobody declared comes back only from the file given")


def _drain(
    environment: Environment, begun: Begun, extra: Mapping[str, Any], progress: report.Progress
) -> Begun:
    """Export and wait, or start everything again when something is in the way; what was exported."""
    backup = environment.state / "backup"
    before = set(backup.glob("definitions-*.json"))
    try:
        ansible.run("drain", environment, extra=extra, listen=progress.hear)
    except StackError as error:
        if not begun.export:
            (environment.state / NOTE).unlink(missing_ok=True)
        raise _running_on(environment, error, extra["rabbitry_exports"], progress) from error
    exported = sorted(set(backup.glob("definitions-*.json")) - before)
    return replace(begun, export=str(exported[-1])) if exported else begun


def _running_on(
    environment: Environment, error: StackError, exports: bool, progress: report.Progress
) -> StackError:
    """Start what was stopped; what to say."""
    option = environment.option
    again = f"./inv rebuild --without-export{option}   # or --definitions FILE with an earlier export"
    faults = [
        replace(fault, hint=again) if "did not give its definitions" in fault.message else fault
        for fault in error.faults
    ]
    if exports:
        try:
            ansible.run("start", environment, listen=progress.hear)
        except StackError as more:
            faults.append(
                Fault(f"not everything could be started again: {more.message}", f"./inv up{option}")
            )
    return StackError.of(faults, error.exit_code)


def _tell(stack: Stack, begun: Begun) -> None:
    where = ", ".join(_brokers(stack))
    kept = f"/var/lib/rabbitmq/mnesia.{begun.stamp}"
    report.line(
        f"the broker is new; the data of the old one is kept beside its own, as …/mnesia.{begun.stamp}"
    )
    report.line(f"what the old one held: {begun.export or 'nobody could ask it'}")
    report.line(f"when nobody misses anything: sudo rm -r {kept}   # on {where}, by default")


def _brokers(stack: Stack) -> list[str]:
    return [host.name for host in stack.hosts if "brokers" in host.groups]
