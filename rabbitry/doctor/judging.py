"""Makes findings of evidence: every check on every host, causes without what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import SEVERITIES, Finding
from rabbitry.doctor.registry import Check
from rabbitry.entries import Entry
from rabbitry.errors import Fault
from rabbitry.model import COMPOSE, Stack

CRASHED = "doctor/check_crashed"
UNREADABLE = "doctor/section_missing"
UNREACHABLE = "doctor/host_unreachable"
# Whose findings can come from a service that is none of the servers, by the beginning of its name.
REACH = {
    "stack-flower": ("flower", "host", "macos"),
    "stack-beat": ("beat", "host", "macos"),
    "stack-worker": ("celery", "flower", "host", "macos"),
}


def judge(
    stack: Stack,
    seen: Sequence[Evidence],
    checks: Mapping[str, Check],
    entries: Mapping[str, Entry],
    option: str = "",
) -> list[Finding]:
    """Findings of all hosts, worst first, without those that follow from another one of theirs."""
    found = [finding for one in seen for finding in _host(stack, one, checks, entries, option)]
    followers = {slug: following(slug, entries) for slug in {finding.slug for finding in found}}
    kept = [
        one
        for one in found
        if one.own
        or not any(one.slug in followers[cause.slug] and _reaches(cause, one, stack) for cause in found)
    ]
    hosts = [one.host for one in seen]
    return sorted(
        kept, key=lambda one: (hosts.index(one.host), one.blind, SEVERITIES.index(one.severity), one.slug)
    )


def _reaches(cause: Finding, other: Finding, stack: Stack) -> bool:
    """Whether a finding can be the cause of another: others suffer from a server, nobody from a dashboard."""
    if cause.slug == other.slug:
        return False
    ends = (*(one.amqp for one in stack.brokers), stack.endpoints.redis)
    if cause.host != other.host and cause.host not in {end.on for end in ends}:
        return False
    reach = next((reach for name, reach in REACH.items() if cause.service.startswith(name)), None)
    return reach is None or other.slug.partition("/")[0] in reach


def unreachable(host: str, faults: Sequence[Fault], number: int, option: str = "") -> Finding:
    """A host that could not be asked at all, the `number`-th of them; its fault is the one that names it."""
    naming = [fault for fault in faults if f"`{host}`" in fault.message or host in fault.message.split()]
    fault = (naming or list(faults)[number:] or [Fault(f"{host} gave no evidence")])[0]
    return Finding(
        UNREACHABLE, host, fault.message, fault.detail, "nothing is known of it",
        fault.hint or f"./inv status{option}", "", blind=True,
    )  # fmt: skip


def _host(
    stack: Stack, seen: Evidence, checks: Mapping[str, Check], entries: Mapping[str, Entry], option: str
) -> list[Finding]:
    findings = [
        Finding(
            UNREADABLE, seen.host, f"the section `{name}` could not be collected", (fault,),
            "the checks that read it said nothing", f"./inv logs{option}", "", blind=True,
        )
        for name, fault in seen.faults.items()
    ]  # fmt: skip
    alone = len(stack.apps) == 1
    for slug, check in checks.items():
        entry = entries[slug]
        try:
            # What all applications have in common is seen once for each of them, and told once.
            every = dict.fromkeys(check(one, seen.of(one.app, alone)) for one in stack.each())
        except Exception as error:  # a check that crashes is a finding, and the others go on
            findings.append(
                Finding(
                    CRASHED, seen.host, f"the check `{slug}` crashed", (f"{type(error).__name__}: {error}",),
                    "it met evidence that it does not know", f"./inv doctor --save evidence.json{option}",
                    entry.page, blind=True,
                )
            )  # fmt: skip
            continue
        findings += [
            Finding(
                slug, seen.host, found.wrong, found.evidence, entry.why,
                _remedy(stack, entry, seen.host, option), entry.page, entry.severity, found.own,
                found.service,
            )
            for found in every
            if found
        ]  # fmt: skip
    return findings


def _remedy(stack: Stack, entry: Entry, host: str, option: str) -> str:
    """The command that mends it; in containers `up` does what a fix does on hosts."""
    if stack.runs_on == COMPOSE and entry.fix != "by hand":
        return f"./inv up{option}"
    return entry.remedy(f" --host {host}{option}")


def following(slug: str, entries: Mapping[str, Entry]) -> set[str]:
    """Everything that an entry explains, at first or second hand."""
    found: set[str] = set()
    waiting = [slug]
    while waiting:
        entry = entries.get(waiting.pop())
        new = set(entry.explains if entry else ()) - found
        found |= new
        waiting += new
    return found - {slug}
