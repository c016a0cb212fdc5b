"""The verb `doctor`: looks at every host without changing it and names each known trouble that it finds."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rabbitry import report
from rabbitry.doctor import collecting, judging
from rabbitry.doctor.collecting import Seen
from rabbitry.doctor.finding import Finding
from rabbitry.doctor.registry import Check, checks
from rabbitry.entries import entries
from rabbitry.environment import Environment
from rabbitry.errors import StackError

FAULT, BLIND = 1, 2


def doctor(
    environment: Environment,
    slugs: Sequence[str] = (),
    *,
    host: str = "",
    as_json: bool = False,
    source: str = "",
    save: str = "",
) -> int:
    """Print the findings; 0 without any, 1 with a fault, 2 when something could not be looked at.

    `slugs` are the only checks to run, `host` is the only one to judge; `source` is a file that `save` wrote.
    """
    began = time.monotonic()
    chosen = choose(slugs, environment.option)
    try:
        seen = collecting.read(Path(source)) if source else collecting.look(environment)
    except StackError as error:
        error.exit_code = BLIND
        raise
    if save:
        collecting.write(seen, Path(save))
    findings = examine(seen, chosen, host, environment.option)
    seconds = time.monotonic() - began
    if as_json:
        report.line(json.dumps(document(seen, findings, len(chosen), seconds), indent=2))
    else:
        _show(seen, findings, len(chosen), seconds)
    if not findings:
        return 0
    return BLIND if all(one.blind for one in findings) else FAULT


def examine(seen: Seen, chosen: Mapping[str, Check], host: str = "", option: str = "") -> list[Finding]:
    """The findings on all hosts or on one, worst first; StackError when there is no such host."""
    names = [one.name for one in seen.stack.hosts]
    if host and host not in names:
        known = ", ".join(f"`{name}`" for name in names)
        raise StackError(
            f"no host `{host}` in the stack: there is {known}", f"./inv status{option}", exit_code=BLIND
        )
    wanted = [one for one in seen.evidence if host in ("", one.host)]
    findings = judging.judge(seen.stack, wanted, chosen, entries(), option)
    silent = [name for name in names if name not in {one.host for one in seen.evidence}]
    for number, name in enumerate(silent):
        if host in ("", name):
            findings.append(judging.unreachable(name, seen.unreachable, number, option))
    return findings


def choose(slugs: Collection[str], option: str = "") -> dict[str, Check]:
    """The checks of these slugs (or of a service, or parts of a name), all when none is given; StackError."""
    every = checks()
    if not slugs:
        return every
    chosen: set[str] = set()
    for slug in slugs:
        meant = {slug} & every.keys() or {name for name in every if slug in name}
        if not meant:
            raise StackError(f"no check `{slug}`", "ls -d troubleshooting/*/*", exit_code=BLIND)
        chosen |= meant
    return {name: check for name, check in every.items() if name in chosen}


def document(seen: Seen, findings: Sequence[Finding], count: int, seconds: float) -> dict[str, object]:
    """The answer for machines: {"hosts", "checks", "seconds", "findings": [fields of Finding]}."""
    return {
        "hosts": [one.name for one in seen.stack.hosts],
        "checks": count,
        "seconds": round(seconds, 2),
        "findings": [asdict(one) for one in findings],
    }


def _show(seen: Seen, findings: Sequence[Finding], count: int, seconds: float) -> None:
    hosts = len(seen.stack.hosts)
    for one in findings:
        mark = report.paint("?" if one.blind else "x", "yellow" if one.blind else "red")
        report.line(f"{mark} {report.paint(one.slug, 'bold')}   {one.host}")
        report.line(f"  {one.wrong}")
        for line in one.evidence:
            report.line(f"  evidence: {line}")
        report.line(f"  why: {one.why}")
        report.line(f"\n  {report.paint('hint:', 'yellow')} {one.command}")
        if one.page:
            report.line(f"  read: {one.page}")
        report.line()
    where = f"{count} checks on {hosts} host{'s' * (hosts != 1)} in {seconds:.1f} s"
    if not findings:
        report.line(report.paint(f"no trouble found: {where}", "green"))
        return
    faults = sum(not one.blind for one in findings)
    blind = len(findings) - faults
    words = [f"{faults} fault{'s' * (faults != 1)}"] if faults else []
    words += [f"{blind} that could not be looked at"] if blind else []
    report.line(f"{' and '.join(words)}: {where}")
