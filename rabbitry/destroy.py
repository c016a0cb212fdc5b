"""The verb `destroy`: shows what goes and what stays, asks, then undoes everything that `up` brought."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rabbitry import ansible, report
from rabbitry.environment import Environment
from rabbitry.errors import StackError

PLAN = "destroy.json"


@dataclass(frozen=True)
class Plan:
    """What destroy does to a host: things that go, that get their old content back, that stay and why."""

    host: str
    removed: tuple[str, ...]
    restored: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]


def destroy(environment: Environment, *, yes: bool = False) -> None:
    """Remove the stack from its hosts after consent; its definitions are exported first."""
    (environment.state / PLAN).unlink(missing_ok=True)
    with report.progress() as progress:
        ansible.run("destroy", environment, check=True, listen=progress.hear)
    plans = read(environment)
    if not any(plan.removed or plan.restored for plan in plans):
        report.line(f"nothing of the environment `{environment.name}` is on its hosts")
        return
    _show(plans)
    if not yes and not report.confirm("Remove all this, data too?"):
        raise StackError("nothing was removed", f"./inv destroy --yes{environment.option}")
    backup = environment.state / "backup"
    before = set(backup.glob("definitions-*.json"))
    with report.progress() as progress:
        ansible.run("destroy", environment, listen=progress.hear)
    for path in (environment.stack, environment.secrets, environment.in_use):
        path.unlink(missing_ok=True)
    exported = sorted(set(backup.glob("definitions-*.json")) - before)
    report.line(
        f"removed; the broker's definitions: {exported[-1] if exported else 'it did not answer, none kept'}"
    )


def read(environment: Environment) -> list[Plan]:
    """The result of the playbook `destroy`, one plan a host.

    Its file destroy.json: {"schema": 1, "hosts": [{"name", "removed": [{"kind", "name"}], "restored": [same],
    "kept": [{"kind", "name", "why"}]}]}, the lists as the module `retire` gives them.
    """
    path = environment.state / PLAN
    if not path.exists():
        raise StackError(
            "the playbook `destroy` wrote no plan, so nothing was removed", f"ls {environment.log}"
        )
    hosts: Sequence[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["hosts"]
    return [
        Plan(
            host["name"],
            tuple(map(_thing, host["removed"])),
            tuple(map(_thing, host["restored"])),
            tuple((_thing(kept), kept["why"]) for kept in host["kept"]),
        )
        for host in hosts
    ]


def _thing(entry: Mapping[str, str]) -> str:
    return f"{entry['kind']} {entry['name']}"


def _show(plans: Sequence[Plan]) -> None:
    for plan in plans:
        report.line(f"{plan.host}: {len(plan.removed)} things go")
        for thing in plan.removed:
            report.line(f"  - {thing}")
        if plan.kept:
            report.line(f"{plan.host}: {len(plan.kept)} things stay")
        for thing in plan.restored:
            report.line(f"  < {thing} as it was before")
        for thing, why in plan.kept:
            report.line(f"  = {thing} ({why})")
