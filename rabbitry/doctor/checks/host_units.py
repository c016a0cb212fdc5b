"""Troubles of systemd units: what systemd cannot prepare before it runs a service's command."""

from __future__ import annotations

from collections.abc import Mapping

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

# What the pulse says of systemd's exit statuses.
ACCOUNT = {"its user is unknown": "217/USER", "its group is unknown": "216/GROUP"}
SANDBOX = {"cannot set up its sandbox": "226/NAMESPACE"}
COMMAND = {
    "cannot enter its directory": "200/CHDIR",
    "cannot execute its command": "203/EXEC",
    "resources": "its environment file cannot be read",
}


@check("host/unit_user")
def unit_user(stack: Stack, seen: Evidence) -> Found | None:
    """A service's account cannot be used by systemd."""
    return _unprepared(seen, ACCOUNT, r"credentials|user namespacing|step (?:USER|GROUP)")


@check("host/unit_namespace")
def unit_namespace(stack: Stack, seen: Evidence) -> Found | None:
    """A service's sandbox cannot be set up by systemd."""
    return _unprepared(seen, SANDBOX, r"mount namespacing|step NAMESPACE")


@check("host/unit_chdir")
def unit_chdir(stack: Stack, seen: Evidence) -> Found | None:
    """A service's directory, program or environment file cannot be used by systemd."""
    pattern = r"working directory failed|Unable to locate executable|step (?:CHDIR|EXEC)|environment files"
    return _unprepared(seen, COMMAND, pattern)


def _unprepared(seen: Evidence, reasons: Mapping[str, str], pattern: str) -> Found | None:
    for name, service in seen.services.items():
        reason = str(service["reason"])
        if seen.fails(name) and reason in reasons:
            said = seen.said(name, pattern)
            return Found(f"systemd cannot start {name}: {reason} ({reasons[reason]})", (said,), service=name)
    return None
