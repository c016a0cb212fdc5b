"""The verb `molecule`: runs scenarios of roles, tells each step's seconds, and ends with a table."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rabbitry import host, report, scenarios
from rabbitry.environment import ROOT
from rabbitry.errors import Fault, StackError
from rabbitry.scenarios import Run

# Molecule's names of the steps, and ours: `recheck` is check mode on the converged host.
STEPS = {
    "create": "create",
    "prepare": "prepare",
    "check": "check",
    "converge": "converge",
    "idempotence": "again",
    "side_effect": "recheck",
    "verify": "verify",
    "destroy": "destroy",
}
LINE = re.compile(r"^(?:INFO|WARNING|ERROR|CRITICAL)\s+\[\S+ > (\w+)\] (Execut\w+)(?:: (.*))?$")
# Longer than any scenario takes: whoever needs more than this hangs.
SECONDS = 1200
SHOWN = 40
Tell = Callable[[str], None]


@dataclass
class Outcome:
    """What became of one run: seconds by step, the step that failed (or nothing), the log and its end."""

    run: Run
    log: Path
    steps: dict[str, float] = field(default_factory=dict)
    failed: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """One word for the table."""
        if not self.failed:
            return "kept"
        return f"{self.failed} failed" + (", allowed" if self.run.may_fail else "")

    @property
    def is_bad(self) -> bool:
        return bool(self.failed) and not self.run.may_fail

    @property
    def row(self) -> list[str]:
        """A row of the table."""
        seconds = [f"{self.steps[name]:.1f}" if name in self.steps else "-" for name in STEPS.values()]
        names = [f"{self.run.role}/{self.run.scenario}", self.run.platform]
        return [*names, *seconds, f"{sum(self.steps.values()):.0f}", self.verdict]

    @property
    def fault(self) -> Fault:
        """What to show when it failed."""
        hint = f"{self.run.command}; less {self.log}"
        return Fault(f"{self.run}: the step `{self.failed}` failed", hint, tuple(self.lines[-SHOWN:]))


HEAD = ["scenario", "platform", *STEPS.values(), "all", "verdict"]


def molecule(role: str = "", scenario: str = "", platform: str = "", keep: bool = False) -> int:
    """Run the scenarios that the words choose, all without words; 1 when one failed that must not."""
    runs = scenarios.choose(role, scenario, platform)
    outcomes = []
    for run in runs:
        report.note(str(run))
        outcomes.append(execute(run, keep=keep, tell=report.note))
        if outcomes[-1].failed:
            report.failure(StackError.of([outcomes[-1].fault]))
    report.table([outcome.row for outcome in outcomes], HEAD)
    return int(any(outcome.is_bad for outcome in outcomes))


def execute(run: Run, *, keep: bool = False, tell: Tell = lambda text: None) -> Outcome:
    """Run one scenario on one platform; `keep`: its host stays, also when all went well."""
    folder = _state(run)
    outcome = Outcome(run, folder.with_suffix(".log"))
    listener = Listener(outcome, tell)
    environment = {
        **host.tools(),
        "MOLECULE_EPHEMERAL_DIRECTORY": str(folder),
        "MOLECULE_COMMAND_BORDERS": "0",
        "NO_COLOR": "1",
        # What its owner wants of his own tests may be unknown to a role's.
        "PYTEST_ADDOPTS": "",
        "RABBITRY_PLATFORM": run.platform,
        # Who starts after this one was killed removes its host.
        "RABBITRY_OWNER": "0" if keep else str(os.getpid()),
    }
    tests = ["molecule", "test", "--scenario-name", run.scenario, "--destroy", "never" if keep else "always"]
    begin = [["molecule", "destroy", "--scenario-name", run.scenario]] if keep else []
    with outcome.log.open("w", encoding="utf-8") as log:

        def hear(line: str) -> None:
            plain = report.plain(line)
            log.write(f"{plain}\n")
            listener.hear(plain)

        for argv in (*begin, tests):
            code = host.follow(
                argv, hear, folder=ROOT / "roles" / run.role, environment=environment, seconds=SECONDS
            )
    listener.end(code)
    if keep:
        tell(f"  the host stays: {_enter(run, folder)}")
    return outcome


class Listener:
    """Follows what molecule says: when a step begins, how it ends."""

    def __init__(self, outcome: Outcome, tell: Tell) -> None:
        self.outcome, self.tell = outcome, tell
        self.step, self.began = "", 0.0

    def hear(self, line: str) -> None:
        self.outcome.lines.append(line)
        found = LINE.match(line)
        if found is None or found[1] not in STEPS:
            # A verifier that finds no tests ends well; a scenario without tests proves nothing.
            if line.endswith("no tests found."):
                self.outcome.failed = "verify"
            return
        if found[2] == "Executing":
            self.step, self.began = STEPS[found[1]], time.monotonic()
            return
        seconds = time.monotonic() - self.began
        # The first `destroy` removes what an earlier run left; only the last one is this run's.
        self.outcome.steps[self.step] = seconds
        well = found[3] in ("Successful", None) or (self.step == "destroy" and "kip" in found[3])
        if not well and not self.outcome.failed:
            self.outcome.failed = self.step
        self.tell(f"  {'+' if well else 'x'} {self.step:<10} {seconds:6.1f} s")

    def end(self, code: int) -> None:
        if code and not self.outcome.failed:
            self.outcome.failed = self.step or "start"
        missing = [name for name in STEPS.values() if name not in self.outcome.steps]
        if missing and not self.outcome.failed:
            self.outcome.failed = missing[0]
        if self.outcome.failed and "destroy" in self.outcome.steps:
            self.outcome.lines[:] = _before_destroy(self.outcome.lines)


def _before_destroy(lines: Sequence[str]) -> list[str]:
    """What was said until the clean-up after the failure began."""
    starts = [n for n, line in enumerate(lines) if re.search(r"> (destroy|cleanup)\] Executing", line)]
    return list(lines[: starts[-1]]) if len(starts) > 1 else list(lines)


def _state(run: Run) -> Path:
    """The run's own directory below .state, which only this user may enter."""
    private = ROOT / ".state"
    private.mkdir(mode=0o700, exist_ok=True)
    folder = private / "molecule" / f"{run.role}-{run.scenario}-{run.platform}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _enter(run: Run, folder: Path) -> str:
    """What opens a shell on the host of a run that was kept."""
    variables = f"RABBITRY_PLATFORM={run.platform} MOLECULE_EPHEMERAL_DIRECTORY={folder}"
    program = Path(sys.executable).with_name("molecule")
    path = f"PATH={program.parent}:$PATH"
    return f"cd roles/{run.role} && {path} {variables} molecule login --scenario-name {run.scenario}"
