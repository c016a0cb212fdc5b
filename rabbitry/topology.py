"""The verb `topology`: how what the broker holds differs from what is declared, and brought to it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from rabbitry import ansible, report
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.model import Stack
from rabbitry.report import Progress

PLAN = "plan"
SIGNS = {"add": "+", "change": "~", "remove": "-", "refuse": "x", "keep": "=", "leave": "?"}
WORDS = {
    "add": "to add",
    "change": "to change",
    "remove": "to remove",
    "refuse": "that the broker cannot change",
    "keep": "undeclared, in use and kept",
    "leave": "undeclared and left alone",
}
# Lines of one kind on the screen; the rest is counted.
SHOWN = 20
WORK = ("add", "change", "remove")


@dataclass(frozen=True)
class Entry:
    """One object of a broker: what is to be done with it (a key of `SIGNS`), what it is before and after.

    `message` and `hint` say what to choose where the broker cannot change it.
    """

    action: str
    what: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    message: str
    hint: str

    def __str__(self) -> str:
        if self.action == "refuse":
            return f"x {self.message}"
        facts = ""
        if self.before is not None and self.after is not None:
            facts = ", ".join(
                f"{key} {_text(self.before[key])} -> {_text(self.after[key])}" for key in self.after
            )
        elif self.after:
            facts = ", ".join(f"{key} {_text(value)}" for key, value in self.after.items() if value)
        return f"{SIGNS[self.action]} {self.what}" + (f": {facts}" if facts else "")


@dataclass(frozen=True)
class Plan:
    """What would be done to the broker of a host; `answers` is whether it was there to be compared with."""

    host: str
    answers: bool
    entries: tuple[Entry, ...]

    @property
    def refused(self) -> list[Entry]:
        """What the broker cannot change in place: the whole run is refused for it."""
        return [one for one in self.entries if one.action == "refuse"]

    @property
    def work(self) -> list[Entry]:
        """What a run changes."""
        return [one for one in self.entries if one.action in WORK]


def topology(environment: Environment, *, plan: bool = False, as_json: bool = False) -> int:
    """Compare, show the difference, and send only that; with `plan` only show it.

    The exit code is 1 when the broker holds something that it cannot change in place. Raises StackError for
    what only `up` can change: a broker that is not there, the password of an account that the stack's own
    services use.
    """
    with report.progress() as progress:
        plans = look(environment, progress)
    if as_json:
        report.line(json.dumps([_document(one) for one in plans], indent=2))
    else:
        _show(plans, f"./inv topology --plan --json{environment.option}")
    refused = any(one.refused for one in plans)
    if plan or refused or not any(one.work for one in plans):
        return int(refused)
    _refuse(environment, plans)
    with report.progress() as progress:
        ansible.run("topology", environment, listen=progress.hear)
    environment.described()
    return 0


def look(environment: Environment, progress: Progress) -> list[Plan]:
    """Compare every broker with what is declared, by the playbook `plan`; no host is changed."""
    folder = environment.state / PLAN
    for path in folder.glob("*.json"):
        path.unlink()
    ansible.run(PLAN, environment, listen=progress.hear)
    return [read(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def read(host: str, text: str) -> Plan:
    """The plan of a host from what the module `definitions_plan` says: {"answers", "plan": [entries]}."""
    data = json.loads(text)
    return Plan(host, data["answers"], tuple(Entry(**one) for one in data["plan"]))


def _show(plans: Sequence[Plan], whole: str) -> None:
    """The differences host by host; `whole` is the command that lists all of them."""
    for one in plans:
        report.line(f"{one.host}: {summary(one)}")
        for action, entries in groupby(one.entries, attrgetter("action")):
            listed = list(entries)
            for entry in listed[:SHOWN]:
                report.line(f"  {entry}")
                if entry.hint:
                    report.line(f"    hint: {entry.hint}")
            if len(listed) > SHOWN:
                report.line(f"  {SIGNS[action]} {len(listed) - SHOWN} more: {whole}")


def summary(plan: Plan) -> str:
    """One line: how many objects differ, and how."""
    counted = Counter(entry.action for entry in plan.entries)
    words = ", ".join(f"{counted[action]} {text}" for action, text in WORDS.items() if counted[action])
    if not plan.answers:
        return f"no broker answers yet; {words}"
    if not plan.work and not plan.refused:
        return "the broker holds what is declared" + (f"; {words}" if words else "")
    return words


def _refuse(environment: Environment, plans: Sequence[Plan]) -> None:
    """StackError for what only `up` can do, all of it at once."""
    up = f"./inv up{environment.option}"
    faults = [Fault(f"no broker answers on {one.host}", up) for one in plans if not one.answers]
    if not faults:
        stack = Stack.load(environment.stack)
        accounts = (*stack.accounts.values(), *(app.account for app in stack.apps))
        ours = {f"user `{one.username}`" for one in accounts}
        faults = [
            Fault(
                f"the password of {entry.what} on {one.host} is another, and services have to be told it", up
            )
            for one in plans
            for entry in one.work
            if entry.what in ours and entry.before and "password" in entry.before
        ]
    if faults:
        raise StackError.of(faults)


def _document(plan: Plan) -> dict[str, Any]:
    return {"host": plan.host, "answers": plan.answers, "plan": [vars(entry) for entry in plan.entries]}


def _text(value: Any) -> str:
    return f"`{value}`" if isinstance(value, str) else json.dumps(value)
