"""Carries out the fix of an entry: shows it, runs it, looks again, tries the promises that it concerns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rabbitry import ansible, report
from rabbitry.doctor import collecting, verb
from rabbitry.doctor.finding import Finding
from rabbitry.entries import Entry, entries
from rabbitry.environment import ROOT, Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack
from rabbitry.proving import prove

FIX_HEADING = re.compile(r"^## Fix\n(?P<text>.*?)(?=^## |\Z)", re.M | re.S)


def mend(
    environment: Environment, slug: str, *, host: str = "", check: bool = False, yes: bool = False
) -> None:
    """Run the fix of the entry `slug` where its check finds it; StackError when it is not safe to automate.

    With `check` it is only shown; without `yes` it is asked for.
    """
    entry = entries()[slug]
    if entry.fix == "by hand":
        raise StackError(
            f"`{slug}` is not mended by a command of ours: {entry.page} says how",
            entry.command or f"less {entry.page}",
        )
    found = _look(environment, slug, host) if entry.check else []
    if entry.check and not found:
        report.line(f"{slug} is not found{f' on {host}' if host else ''}: nothing to mend")
        return
    for one in found:
        report.line(f"{one.host}: {one.wrong}")
    report.line(f"\n{explanation(entry)}\n")
    if check:
        return
    if not yes and not report.confirm("Do this?"):
        raise StackError("nothing was changed", f"./inv fix {slug} --yes{environment.option}")
    with report.progress() as progress:
        names = [one.host for one in found] or [host]
        for name in [""] if _is_for_all(slug) else names:
            ansible.run(f"troubleshooting/{slug}/fix", environment, listen=progress.hear, only=name)
        with progress.step("Doctor"):
            if left := _look(environment, slug, host) if entry.check else []:
                raise StackError(
                    f"`{slug}` is still there on {left[0].host}: {left[0].wrong}",
                    f"less {entry.page}",
                    left[0].evidence,
                )
        prove(environment, Stack.load(environment.stack), progress)
    if entry.promises:
        _try(environment, entry)


def mend_all(environment: Environment, *, host: str = "", check: bool = False, yes: bool = False) -> int:
    """Run the fix of every finding that is safe to automate, and list the rest; 1 when something is left."""
    option = environment.option
    findings = verb.examine(collecting.look(environment), verb.choose((), option), host, option)
    safe = [slug for slug in dict.fromkeys(one.slug for one in findings) if _automatic(slug)]
    for slug in safe:
        mend(environment, slug, host=host, check=check, yes=yes)
    left = [one for one in findings if one.slug not in safe]
    for one in left:
        report.line(f"left to you: {one.slug} on {one.host}: {one.wrong}")
        report.line(f"  hint: {one.command}")
    if not findings:
        report.line("nothing to mend")
    return 1 if left else 0


def explanation(entry: Entry) -> str:
    """What the fix does: the section `Fix` of the entry's page."""
    page = (ROOT / entry.page).read_text(encoding="utf-8")
    found = FIX_HEADING.search(page)
    return found["text"].strip() if found else entry.title


def _is_for_all(slug: str) -> bool:
    """Whether the fix is what `up` does, which looks at all hosts together."""
    return "playbooks/site.yml" in (ROOT / "troubleshooting" / slug / "fix.yml").read_text(encoding="utf-8")


def _automatic(slug: str) -> bool:
    return slug in entries() and entries()[slug].fix == "automatic"


def _look(environment: Environment, slug: str, host: str) -> Sequence[Finding]:
    findings = verb.examine(
        collecting.look(environment), verb.choose([slug], environment.option), host, environment.option
    )
    mine = [one for one in findings if one.slug == slug]
    if not mine and (blind := [one for one in findings if one.blind]):
        # A check that could not look has not found that nothing is wrong.
        raise StackError(
            f"whether `{slug}` is there cannot be told: {blind[0].wrong} on {blind[0].host}",
            blind[0].command,
            blind[0].evidence,
        )
    return mine


def _try(environment: Environment, entry: Entry) -> None:
    from rabbitry.smoking import smoke

    if smoke(environment, only=entry.promises):
        raise StackError(
            f"`{entry.slug}` is gone, and not every promise is kept", f"./inv doctor{environment.option}"
        )
