"""Carries out the fix of an entry: shows it, runs it, looks again, tries the promises that it concerns."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from rabbitry import ansible, report
from rabbitry.doctor import collecting, verb
from rabbitry.doctor.finding import Finding
from rabbitry.entries import Entry, entries
from rabbitry.environment import ROOT, Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack
from rabbitry.proving import prove
from rabbitry.report import Progress

# Looks at most: a trouble that comes back is left to a human.
ROUNDS = 4
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
    _show(entry, found)
    if check:
        return
    _agree(f"./inv fix {slug} --yes{environment.option}", yes)
    with report.progress() as progress:
        _carry_out(environment, entry, [one.host for one in found] or [host], progress)
        with progress.step("Doctor"):
            if left := _look(environment, slug, host) if entry.check else []:
                raise StackError(
                    f"`{slug}` is still there on {left[0].host}: {left[0].wrong}",
                    f"less {entry.page}",
                    left[0].evidence,
                )
        prove(environment, Stack.load(environment.stack), progress)
    _try(environment, entry.promises)


def mend_all(environment: Environment, *, host: str = "", check: bool = False, yes: bool = False) -> int:
    """Run the fix of every finding that is safe to automate, and list the rest; 1 when something is left.

    Then it looks again, a few times at most: what was mended may have hidden something else.
    """
    done: list[Entry] = []
    with report.progress() as progress:
        for _ in range(ROUNDS):
            findings = _examine(environment, host)
            mended = {one.slug for one in done}
            slugs = dict.fromkeys(one.slug for one in findings)
            safe = _causes_first([slug for slug in slugs if _is_safe(slug) and slug not in mended])
            for slug in safe:
                _show(entries()[slug], [one for one in findings if one.slug == slug])
            if check or not safe:
                break
            _agree(f"./inv fix --all --yes{environment.option}", yes)
            for slug in safe:
                names = [one.host for one in findings if one.slug == slug]
                _carry_out(environment, entries()[slug], names, progress)
                done.append(entries()[slug])
        if done and not findings:
            prove(environment, Stack.load(environment.stack), progress)
    left = findings if not check else [one for one in findings if one.slug not in safe]
    for one in left:
        report.line(f"left to you: {one.slug} on {one.host}: {one.wrong}")
        report.line(f"  hint: {one.command}")
    if not findings and not done:
        report.line("nothing to mend")
    elif not left:
        _try(environment, tuple(dict.fromkeys(word for entry in done for word in entry.promises)))
    return 1 if left else 0


def _show(entry: Entry, found: Sequence[Finding]) -> None:
    for one in found:
        report.line(f"{one.host}: {one.wrong}")
    report.line(f"\n{explanation(entry)}\n")


def _agree(command: str, yes: bool) -> None:
    if not yes and not report.confirm("Do this?"):
        raise StackError("nothing was changed", command)


def _carry_out(environment: Environment, entry: Entry, hosts: Sequence[str], progress: Progress) -> None:
    for name in [""] if _is_for_all(entry.slug) else dict.fromkeys(hosts):
        ansible.run(f"troubleshooting/{entry.slug}/fix", environment, listen=progress.hear, only=name)


def explanation(entry: Entry) -> str:
    """What the fix does: the section `Fix` of the entry's page."""
    page = (ROOT / entry.page).read_text(encoding="utf-8")
    found = FIX_HEADING.search(page)
    return found["text"].strip() if found else entry.title


def _is_for_all(slug: str) -> bool:
    """Whether the fix looks at all hosts together, as `up` does, or does something on others afterwards."""
    plays = yaml.safe_load((ROOT / "troubleshooting" / slug / "fix.yml").read_text(encoding="utf-8"))
    return len(plays) > 1 or "ansible.builtin.import_playbook" in plays[0]


def _causes_first(slugs: Sequence[str]) -> list[str]:
    """In an order in which each can succeed: a worker that waits for its broker comes after the broker."""
    known = entries()
    return sorted(slugs, key=lambda slug: sum(slug in known[other].explains for other in slugs))


def _is_safe(slug: str) -> bool:
    return slug in entries() and entries()[slug].fix == "automatic"


def _examine(environment: Environment, host: str, slugs: Sequence[str] = ()) -> Sequence[Finding]:
    option = environment.option
    return verb.examine(collecting.look(environment), verb.choose(slugs, option), host, option)


def _look(environment: Environment, slug: str, host: str) -> Sequence[Finding]:
    findings = _examine(environment, host, [slug])
    mine = [one for one in findings if one.slug == slug]
    if not mine and (blind := [one for one in findings if one.blind]):
        # A check that could not look has not found that nothing is wrong.
        raise StackError(
            f"whether `{slug}` is there cannot be told: {blind[0].wrong} on {blind[0].host}",
            blind[0].command,
            blind[0].evidence,
        )
    return mine


def _try(environment: Environment, promises: Sequence[str]) -> None:
    from rabbitry.smoking import smoke

    if promises and smoke(environment, only=promises):
        raise StackError("not every promise is kept", f"./inv doctor{environment.option}")
