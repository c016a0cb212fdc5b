"""What a deployment may bring to a host, and what it has to leave to `up`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils import digest
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

Values = Mapping[str, Any]
# Where an application's code and packages come from; what is in there is looked at by itself.
SOURCES = {"stack_app_source", "stack_app_requirements", "celery_app_source", "celery_app_requirements_file"}
# How a deployment goes, not what a host becomes.
WAYS = {"app_keep_releases", "app_deploy_deadline", "app_pair", "app_run"}
# Neither belongs to the variables whose change needs `up`.
APART = SOURCES | {f"{prefix}_{name}" for prefix in ("stack", "celery") for name in WAYS}


def part(application: str) -> str:
    """The name that an application's source has in the digest of a host."""
    return f"application:{application}"


def sources(*values: Values) -> list[dict[str, Any]]:
    """The values of the model and of the roles that say where the application comes from."""
    return [{name: value for name, value in one.items() if name in SOURCES} for one in values]


def judge(seen: Values, host: str, now: str, application: str) -> list[Fault]:
    """Why an application cannot be deployed to a host: it differs in more than that application's source."""
    if not seen["seal"]:
        message = f"host {host} was not brought to what the inventory says, so nothing can be deployed there"
        return [Fault(message, "./inv up")]
    sealed = seen["seal"]["digest"]
    if part(application) not in digest.parts_of(now):
        known = [name.partition(":")[2] for name in digest.parts_of(now) if name.startswith(part(""))]
        listed = ", ".join(f"`{name}`" for name in known)
        return [Fault(f"there is no application `{application}`: there is {listed}", "./inv describe")]
    others = digest.differences(sealed, digest.only(now, sealed, part(application)))
    texts = [text.removesuffix(" since the last run") for text in others]
    message = (
        f"on host {host} more than the source of application `{application}` differs from what `up` brought"
    )
    return [Fault(f"{message}: {', '.join(texts)}", "./inv up")] if texts else []
