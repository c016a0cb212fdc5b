"""Whether the broker that a host has or will get fits the Celery set and the data that is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.cookie import refusal
from ansible_collections.rabbitry.stack.plugins.module_utils.rabbitmq_releases import upgrade_refusal
from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import (
    expected_broker,
    incompatibility,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

ASIDE = "sudo mv /var/lib/rabbitmq/mnesia /var/lib/rabbitmq/mnesia.before"


def judge_cookie(seen: Mapping[str, Any], cookie: str, host: str) -> list[Fault]:
    """Data of another cluster's node, which a new cookie would part from it; nothing for the cookie ""."""
    refused = refusal(seen, cookie, host) if cookie and seen else None
    return [Fault(*refused)] if refused else []


def judge_broker(
    seen: Mapping[str, Any], host: str, celery: Iterable[tuple[str, str]], vendor_version: str
) -> list[Fault]:
    """Faults of the broker on a host that runs one; `vendor_version` is "" for the distribution's.

    `celery` are the sets and the queue types of the applications that use it.
    """
    if not vendor_version and seen.get("vendor"):
        have = seen["recorded"].get("rabbitmq-server", "")
        message = (
            f"host {host} has RabbitMQ {have} of the vendor's: "
            "the distribution's in its place would be a downgrade, which RabbitMQ does not support"
        )
        hint = "write `stack_rabbitmq_source: vendor`   # or ./inv destroy, which exports the definitions"
        return [Fault(message, hint)]
    package = seen["packages"].get("rabbitmq-server", {})
    system = (seen["os"]["id"], seen["os"]["version"])
    version = vendor_version or expected_broker(
        package.get("installed", ""), package.get("candidate", ""), system
    )
    faults = []
    for pair in celery:
        if fault := incompatibility(*pair, version):
            faults.append(Fault(f"host {host}: {fault.message}", fault.hint))
    before = seen["recorded"].get("rabbitmq-server", "")
    if before and seen["data"].get("rabbitmq") and (refusal := upgrade_refusal(before, version)):
        hint = f"{ASIDE}   # the broker starts empty, its messages stay in there"
        faults.append(Fault(f"host {host}: {refusal}", hint))
    return faults
