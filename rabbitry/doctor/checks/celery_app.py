"""Troubles of the application: how it is imported, and what it is configured to use."""

from __future__ import annotations

import re

from rabbitry.doctor.checks.celery import workers
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

REFUSED = re.compile(
    r"Connection refused|timed out|Name or service not known|nodename nor servname|No address associated"
    r"|Temporary failure in name resolution|No route to host|Network is unreachable"
)
NO_BACKEND = ("", "disabled", "disabled://")
# What an application or a worker says that uses a backend, or a broker, which does not exist.
OLD_BACKEND = r"Unknown result backend: 'amqp'|celery\.backends\.amqp|No such transport: rpc"
MIXED = r"Cannot mix new (and old setting keys|setting names with old)"
HIDDEN = r"cannot import name '.*' from (partially initialized module )?'celery'|'celery' is not a package"


@check("celery/wrong_app")
def wrong_app(stack: Stack, seen: Evidence) -> Found | None:
    """The application cannot be imported by the account and in the environment of its services."""
    error = seen.answers("app").get("error", "")
    if not error and "is not there" in seen.silence("app"):
        error = seen.silence("app")
    return Found(f"the application `{stack.app.module}` cannot be imported: {error}") if error else None


@check("celery/shadow_module")
def shadow_module(stack: Stack, seen: Evidence) -> Found | None:
    """A file of the application has the name of a package that it needs, and comes before it."""
    shadows = seen.answers("app").get("shadows", ())
    return (
        Found(f"`{shadows[0]}` hides the package of its name", _said(stack, seen, HIDDEN))
        if shadows
        else None
    )


@check("celery/mixed_settings")
def mixed_settings(stack: Stack, seen: Evidence) -> Found | None:
    """Old and new names of settings stand beside each other."""
    error = seen.answers("app").get("error", "")
    found = re.search(rf"{MIXED}.*", error)
    named = tuple(seen.answers("app").get("mixed", ()))
    return Found(f"`{stack.app.module}` mixes names of settings: {found[0]}", named) if found else None


@check("celery/ignored_settings")
def ignored_settings(stack: Stack, seen: Evidence) -> Found | None:
    """A setting has no effect, as another name of it wins, or its name is not read."""
    first, *others = seen.answers("app").get("ignored", ()) or ("",)
    return Found(first, tuple(others)) if first else None


@check("celery/backend_amqp")
def backend_amqp(stack: Stack, seen: Evidence) -> Found | None:
    """The result backend is the one that Celery 5 no longer has, or the broker's URL is a backend's."""
    app = seen.answers("app")
    for name, what in (("backend", "result backend"), ("broker", "broker")):
        url = app.get(name, "")
        if url.startswith(("amqp:", "amqps:") if name == "backend" else "rpc:"):
            return Found(
                f"the {what} is `{url}`, which Celery does not have", _said(stack, seen, OLD_BACKEND)
            )
    return None


@check("celery/url_special_characters")
def url_special_characters(stack: Stack, seen: Evidence) -> Found | None:
    """A password in a URL has characters that end it."""
    for name, variable in seen.answers("app").get("variables", {}).items():
        if variable["unquoted"]:
            signs = " ".join(variable["unquoted"])
            return Found(f"the password in `{name}` has {signs} as it is, not quoted")
    return None


@check("celery/result_disabled")
def result_disabled(stack: Stack, seen: Evidence) -> Found | None:
    """Results are wanted, and the application has nowhere to put them."""
    app = seen.answers("app")
    ignored = app.get("conf", {}).get("task_ignore_result")
    if app.get("backend", "redis") not in NO_BACKEND or ignored:
        return None
    return Found(f"`{stack.app.module}` has no result backend", _said(stack, seen, r"results:\s+disabled"))


@check("celery/connection_refused")
def connection_refused(stack: Stack, seen: Evidence) -> Found | None:
    """Where the application looks for its broker or backend nobody answers."""
    app = seen.answers("app")
    for name, what in (("broker", "broker"), ("backend", "result backend")):
        error = app.get(f"{name}_error", "")
        if REFUSED.search(error):
            said = _said(stack, seen, r"Cannot connect to|Error 111 connecting")
            return Found(f"the {what} of `{stack.app.module}`, `{app[name]}`, does not answer: {error}", said)
    return None


def _said(stack: Stack, seen: Evidence, pattern: str) -> tuple[str, ...]:
    """The last lines of this host's workers in which a pattern is found."""
    lines = [seen.said(worker.service, pattern) for worker in workers(stack, seen)]
    return tuple(line for line in lines if line)
