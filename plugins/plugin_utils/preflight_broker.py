"""Whether the broker that a host has or will get fits the Celery set and the data that is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import pins
from ansible_collections.rabbitry.stack.plugins.module_utils.cookie import refusal
from ansible_collections.rabbitry.stack.plugins.module_utils.rabbitmq_releases import (
    numbers,
    upgrade_refusal,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import (
    expected_broker,
    incompatibility,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

SERVER = "rabbitmq-server"
REBUILD = "./inv rebuild   # keeps the old data aside: exports, waits for empty queues, builds anew, imports"
# The broker that could export is gone with its package.
LOST = (
    "./inv rebuild --without-export   # or --definitions FILE with an earlier export (.state/*/backup); "
    "what else nobody declared is lost, and messages stay in the old data"
)


def judge_cookie(seen: Mapping[str, Any], cookie: str, host: str) -> list[Fault]:
    """Data of another cluster's node, which a new cookie would part from it; nothing for the cookie ""."""
    refused = refusal(seen, cookie, host) if cookie and seen else None
    return [Fault(*refused)] if refused else []


def judge_broker(
    seen: Mapping[str, Any],
    host: str,
    celery: Iterable[tuple[str, str]],
    vendor_version: str,
    rebuilds: bool = False,
) -> list[Fault]:
    """Faults of the broker on a host that runs one; `vendor_version` is "" for the distribution's.

    `celery` are the sets and the queue types of the applications that use it. With `rebuilds` the broker is
    built anew: it is judged as the release that comes, and need not open the data that is there.
    """
    if not vendor_version and seen.get("vendor"):
        have = seen["recorded"].get("rabbitmq-server", "")
        message = (
            f"host {host} has RabbitMQ {have} of the vendor's: "
            "the distribution's in its place would be a downgrade, which RabbitMQ does not support"
        )
        hint = "write `stack_rabbitmq_source: vendor`   # or ./inv destroy, which exports the definitions"
        return [Fault(message, hint)]
    package = seen["packages"].get(SERVER, {})
    system = (seen["os"]["id"], seen["os"]["version"])
    installed, candidate = package.get("installed", ""), package.get("candidate", "")
    version = vendor_version or expected_broker(installed, candidate, system)
    if rebuilds and newer(seen, vendor_version):
        version = candidate
    faults = []
    for pair in celery:
        if fault := incompatibility(*pair, version):
            faults.append(Fault(f"host {host}: {fault.message}", fault.hint))
    before = seen["recorded"].get(SERVER, "")
    if not rebuilds and before and seen["data"].get("rabbitmq"):
        faults += _data_faults(host, before, installed, version, "" if vendor_version else candidate)
    return faults


def _data_faults(host: str, before: str, installed: str, version: str, candidate: str) -> list[Fault]:
    """Why the data that `before` wrote cannot be opened by what is, or is about to be, installed."""
    if refusal := upgrade_refusal(before, version):
        runs = numbers(installed) == numbers(before)
        return [Fault(f"host {host}: {refusal}", REBUILD if runs else LOST)]
    if installed and candidate and (refusal := upgrade_refusal(before, candidate)):
        about = "and the package sources of the host have that one instead of the installed one"
        return [Fault(f"host {host}: {refusal}, {about}", REBUILD)]
    return []


def newer(seen: Mapping[str, Any], vendor_version: str) -> list[str]:
    """The packages, `name=version`, that the distribution has in another release than the host's broker.

    None for the vendor's, whose release the role installs by itself.
    """
    packages: Mapping[str, Mapping[str, str]] = seen["packages"]
    if vendor_version or not packages.get(SERVER, {}).get("installed"):
        return []
    return [
        f"{name}={one['candidate']}"
        for name, one in packages.items()
        if one.get("installed") and one.get("candidate") and one["candidate"] != one["installed"]
    ]


def hop(seen: Mapping[str, Any], vendor_version: str) -> str:
    """The two releases when the role is going to move a broker that has data, "" when it is not."""
    installed = seen["packages"].get(SERVER, {}).get("installed", "")
    if not installed or not vendor_version or not seen["data"].get("rabbitmq"):
        return ""
    return "" if pins.matches(installed, vendor_version) else f"{installed} -> {vendor_version}"
