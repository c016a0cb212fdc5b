"""Why RabbitMQ's node does not start, or would not start again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rabbitry.doctor.checks.service import down
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

BROKER = "rabbitmq-server"
UP = re.compile(r"Server startup complete|completed with \d+ plugins")
# Erlang prints whole stacks in one line.
LONGEST = 300
COOKIE = r"\.erlang\.cookie"
# As the drift says it: `/x` is root:adm 0640, not rabbitmq:adm 0640.
FOREIGN = re.compile(r" (is|has user) `?root\b")
STARTING = "starting"


def node(seen: Evidence) -> Mapping[str, Any]:
    """What the node finds on its host: see module_utils/evidence_broker_node.py; empty without a broker."""
    found: Mapping[str, Any] = seen.section("rabbitmq").get("node") or {}
    return found


def last_words(seen: Evidence, pattern: str) -> str:
    """The last line with `pattern` that a node that is not up has said since it was up for the last time."""
    if not seen.fails(BROKER):
        return ""
    said = ""
    for line in seen.log(BROKER):
        if UP.search(line):
            said = ""
        elif re.search(pattern, line):
            said = line.strip()
    return said


def shown(*lines: str) -> tuple[str, ...]:
    """Lines as evidence, cut."""
    return tuple(one if len(one) <= LONGEST else f"{one[: LONGEST - 1]}…" for one in lines)


def cannot_start(seen: Evidence, pattern: str, wrong: str) -> Found | None:
    """A start that failed with a line of its own; `wrong` takes what the groups of `pattern` caught."""
    said = last_words(seen, pattern)
    caught = re.search(pattern, said)
    return Found(wrong.format(*caught.groups()), shown(said)) if caught else None


@check("rabbitmq/node_down")
def node_down(stack: Stack, seen: Evidence) -> Found | None:
    """Its process is not up, whatever the reason."""
    if not seen.fails(BROKER):
        return None
    state = seen.services[BROKER]
    if state.get("state") == STARTING and not state.get("restarts"):
        return None
    said = last_words(seen, r"(?i)\berror\b|BOOT FAILED|\[error\]")
    return down(seen, BROKER, *shown(said), name=f"the service {BROKER}")


@check("rabbitmq/root_owned_files")
def root_owned_files(stack: Stack, seen: Evidence) -> Found | None:
    """Data or logs belong to somebody else: the node cannot start, or not again."""
    different = seen.drift("/rabbitmq", "directory", "tree")
    wrong = [one for one in different if not re.search(COOKIE, one) and FOREIGN.search(one)]
    said = last_words(seen, "(?i)eacces|permission denied")
    return Found(wrong[0], shown(*wrong[1:3], said)) if wrong else None


@check("rabbitmq/cookie_permissions")
def cookie_permissions(stack: Stack, seen: Evidence) -> Found | None:
    """The Erlang cookie is readable for others, or not for the node."""
    cookie = node(seen).get("cookie") or {}
    if not cookie.get("there"):
        return None
    path, mode, user = cookie["path"], cookie["mode"], cookie["user"]
    said = shown(last_words(seen, f"(?i){COOKIE}.*(eacces|owner only)"))
    if int(mode, 8) & 0o077:
        return Found(f"`{path}` has mode `{mode}`, which lets others read it", said)
    foreign = any(re.search(f"{COOKIE}` is {user}", one) for one in seen.drift("/rabbitmq", "tree"))
    return Found(f"`{path}` belongs to `{user}`", said) if foreign and user == "root" else None


@check("rabbitmq/hostname_unresolvable")
def hostname_unresolvable(stack: Stack, seen: Evidence) -> Found | None:
    """The host in the node's name has no address, or that of another machine."""
    name, found = node(seen).get("name", ""), node(seen).get("resolves")
    if not found or found["here"]:
        return None
    said = shown(last_words(seen, "epmd error for host"))
    host = found["host"]
    if found["error"]:
        return Found(f"the host `{host}` of the node `{name}` does not resolve: {found['error']}", said)
    addresses = ", ".join(found["addresses"])
    return Found(f"the host `{host}` of the node `{name}` is {addresses}, not this machine", said)


@check("rabbitmq/configuration_invalid")
def configuration_invalid(stack: Stack, seen: Evidence) -> Found | None:
    """It refuses its configuration."""
    pattern = r"attempted to set unknown variable: (\S+)"
    return (
        cannot_start(seen, pattern, "rabbitmq.conf sets `{}`, which RabbitMQ does not know")
        or cannot_start(
            seen, "failed_to_read_advanced_configuration_file", "RabbitMQ cannot read advanced.config"
        )
        or cannot_start(seen, r"(failed_to_prepare_configuration)", "RabbitMQ refuses rabbitmq.conf: {}")
    )


@check("rabbitmq/feature_flags")
def feature_flags(stack: Stack, seen: Evidence) -> Found | None:
    """Its data come from a version that it cannot follow directly."""
    pattern = r"Feature flags: `(\w+)`: required feature flag not enabled"
    wrong = "the data of an older RabbitMQ lack the feature flag `{}`, which the installed one requires"
    return cannot_start(seen, pattern, wrong) or cannot_start(
        seen, r"disabled_(?:required|mandatory)_feature_flag,\s*'?([\w.]+)", wrong
    )


@check("rabbitmq/erlang_incompatible")
def erlang_incompatible(stack: Stack, seen: Evidence) -> Found | None:
    """The installed Erlang is none that this RabbitMQ runs on."""
    pattern = r"This RabbitMQ version cannot run on (Erlang [^:]+): (.*)"
    return cannot_start(seen, pattern, "RabbitMQ cannot run on {}: {}")


@check("rabbitmq/mnesia_wait")
def mnesia_wait(stack: Stack, seen: Evidence) -> Found | None:
    """It waits for nodes that were up when it went down."""
    pattern = r"timeout_waiting_for_tables,\s*\[([^\]]*)\]"
    return cannot_start(seen, pattern, "RabbitMQ waits for the tables of the nodes {}")
