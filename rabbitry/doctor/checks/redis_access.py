"""Troubles of who may use Redis: a password that is another one, none at all, an intruder."""

from __future__ import annotations

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

REFUSED = ("WRONGPASS", "NOAUTH", "NOPERM")


@check("redis/auth")
def auth(stack: Stack, seen: Evidence) -> Found | None:
    """The running Redis does not take the password that the stack was set up with."""
    answer = seen.section("redis")
    if answer.get("code") not in REFUSED:
        return None
    end = stack.endpoints.redis
    return Found(
        f"Redis at {end.host}:{end.port} refuses the stack's password ({answer['code']})",
        (seen.silence("redis"),),
    )


@check("redis/password_missing")
def password_missing(stack: Stack, seen: Evidence) -> Found | None:
    """Anybody who reaches Redis is let in."""
    answer = seen.answers("redis")
    if not answer.get("open"):
        return None
    bind, mode = (answer.get("settings", {}).get(name, "?") for name in ("bind", "protected-mode"))
    return Found(
        "Redis lets everybody in without a password",
        ("ACL GETUSER default: nopass", f"bind {bind}, protected-mode {mode}"),
    )


@check("redis/compromised")
def compromised(stack: Stack, seen: Evidence) -> Found | None:
    """Redis writes, or is to write, where a file is run or believed."""
    signs = [
        str(one["message"])
        for one in seen.section("facts").get("suspicions", ())
        if "Redis" in str(one["message"])
    ]
    return Found(signs[0], tuple(signs[1:])) if signs else None
