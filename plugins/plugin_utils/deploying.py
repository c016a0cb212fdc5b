"""What a deployment may bring to a host, and what it has to leave to `up`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils import digest
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import DECISIONS
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_app import existing

Values = Mapping[str, Any]
# Where an application's code and packages come from and what runs in a new release, as keys of an application
# and as variables of its role; what is in there is looked at by itself.
SOURCES = {"source", "install", "requirements", "python", "release_commands"}
SOURCES |= {
    f"celery_app_{name}" for name in ("source", "install", "requirements_file", "python", "release_commands")
}
# How a deployment goes, not what a host becomes.
WAYS = {"keep_releases", "deploy_deadline"}
WAYS |= {
    f"celery_app_{name}" for name in ("keep_releases", "deploy_deadline", "release_seconds", "pair", "run")
}
# Neither belongs to the variables whose change needs `up`.
APART = SOURCES | WAYS | {"index"}
DECISIONS_APART = {DECISIONS[name] for name in APART & DECISIONS.keys()}


def part(application: str) -> str:
    """The name that an application's source has in the digest of a host."""
    return f"application:{application}"


def parts(found: Sequence[Values], checksums: Sequence[Any], roles: Sequence[Values]) -> dict[str, Any]:
    """What the digest of a host says of each application: where it comes from, and what is in there.

    `checksums` and the variables of the `roles` are in the order of the applications.
    """
    each = zip(found, checksums, roles, strict=False)
    return {
        part(app["label"]): [sums, {name: value for name, value in values.items() if name in SOURCES}]
        for app, sums, values in each
    }


def without_sources(values: Values) -> dict[str, Any]:
    """The model's or a role's variables without those that say where an application comes from."""
    left = {name: one for name, one in values.items() if name not in APART | DECISIONS_APART}
    if entries := left.get("stack_apps"):
        left["stack_apps"] = [
            {key: value for key, value in entry.items() if key not in APART} for entry in entries if entry
        ]
    return left


def judge(seen: Values, host: str, now: str, application: str, apps: Sequence[Values]) -> list[Fault]:
    """Why one of `apps` cannot be deployed to a host: it is there, or more than a source differs."""
    if not seen["seal"]:
        message = f"host {host} was not brought to what the inventory says, so nothing can be deployed there"
        return [Fault(message, "./inv up")]
    found = next((app for app in apps if app["label"] == application), {})
    known = [name for name in digest.parts_of(now) if name.startswith(part(""))]
    if part(application) not in known:
        listed = ", ".join(f"`{name.partition(':')[2]}`" for name in known)
        return [Fault(f"there is no application `{application}`: there is {listed}", "./inv describe")]
    if existing(found):
        message = f"the application `{application}` is on host {host} already, as `{found['source']}`"
        return [Fault(f"{message}: there is nothing to deploy", "./inv restart")]
    if found.get("venv"):
        message = f"the application `{application}` on host {host} runs in `{found['venv']}`, whose packages"
        return [Fault(f"{message} are not Rabbitry's: there is no way back from a deployment", "./inv up")]
    texts = digest.differences(_apart(seen["seal"]["digest"]), _apart(now))
    shown = ", ".join(text.removesuffix(" since the last run") for text in texts)
    message = f"host {host} differs in more than an application's source from what `up` brought: {shown}"
    return [Fault(message, "./inv up")] if texts else []


def deployed(seen: Values, now: str, application: str) -> str:
    """The digest of a host to which this application alone is deployed; others stay at their old sources."""
    return digest.only(seen["seal"]["digest"], now, part(application))


def _apart(text: str) -> str:
    """A digest without the applications' sources."""
    kept = {name: one for name, one in digest.parts_of(text).items() if not name.startswith(part(""))}
    return " ".join(f"{name}={one}" for name, one in kept.items())
