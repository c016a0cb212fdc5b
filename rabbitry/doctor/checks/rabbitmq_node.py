"""Troubles of a RabbitMQ that runs: its name, cookie, plugins, alarms and settings."""

from __future__ import annotations

from datetime import UTC, datetime

from rabbitry.doctor.checks.rabbitmq import BROKER, node
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

MANAGEMENT = "rabbitmq_management"


@check("rabbitmq/cookie_mismatch")
def cookie_mismatch(stack: Stack, seen: Evidence) -> Found | None:
    """The cookie file was changed after the node had read it: no tool reaches the node."""
    cookie = node(seen).get("cookie") or {}
    if not seen.runs(BROKER) or cookie.get("running") is not False:
        return None
    return Found(f"`{cookie['path']}` is not the cookie that the running node began with")


@check("rabbitmq/hostname_changed")
def hostname_changed(stack: Stack, seen: Evidence) -> Found | None:
    """The node is a new, empty one beside the data of an older name."""
    name, data = node(seen).get("name", ""), node(seen).get("data") or {}
    older = sorted(one for one, born in data.items() if one != name and born < data.get(name, 0))
    if not older:
        return None
    return Found(
        f"the node is `{name}`, and the data of `{older[0]}` lie unused beside its own",
        tuple(
            f"{one}: since {datetime.fromtimestamp(born, UTC):%Y-%m-%d %H:%M}" for one, born in data.items()
        ),
    )


@check("rabbitmq/management_disabled")
def management_disabled(stack: Stack, seen: Evidence) -> Found | None:
    """The plugin that answers on the management port is off."""
    plugins = node(seen).get("plugins")
    if not seen.runs(BROKER) or plugins is None or MANAGEMENT in plugins:
        return None
    return Found(f"the plugin `{MANAGEMENT}` is off: {stack.endpoints.management} does not answer")


@check("rabbitmq/resource_alarm")
def resource_alarm(stack: Stack, seen: Evidence) -> Found | None:
    """Memory or disk are at their limit, so that publishers wait."""
    for one in seen.answers("rabbitmq").get("nodes", ()):
        if one.get("mem_alarm"):
            return Found(
                f"{one['name']} uses {size(one['mem_used'])} of memory, its limit is {size(one['mem_limit'])}"
            )
        if one.get("disk_free_alarm"):
            free, limit = size(one["disk_free"]), size(one["disk_free_limit"])
            return Found(f"{one['name']} has {free} of disk left, its limit is {limit}")
    return None


def size(count: float) -> str:
    """A number of bytes for people: 1.5 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


@check("rabbitmq/consumer_timeout")
def consumer_timeout(stack: Stack, seen: Evidence) -> Found | None:
    """A message may stay unacknowledged for less time than the longest task takes."""
    text = (node(seen).get("settings") or {}).get("consumer_timeout", "")
    if not text.isdecimal() or int(text) / 1000 >= stack.app.longest_task:
        return None
    said = seen.said(BROKER, "timed out waiting for a consumer acknowledgement")
    return Found(
        f"`consumer_timeout = {text}` in rabbitmq.conf ends what runs longer than {int(text) / 1000:g} s, "
        f"and the longest task may take {stack.app.longest_task} s",
        (said,),
    )
