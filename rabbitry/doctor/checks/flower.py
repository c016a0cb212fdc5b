"""Troubles of Flower, the dashboard."""

from __future__ import annotations

import re
from urllib.parse import unquote

from rabbitry.doctor.checks.service import down_by_itself, service_of
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

# Celery's options, which Flower ignores where its own belong.
MISPLACED = re.compile(r" flower .*?(?P<option>-A|--app|-b|--broker|--result-backend)(?=[ =])")
# The broker's address as Flower logs it, its vhost percent-encoded.
CONNECTED = re.compile(r"Connected to \w+://[^/]*?(?::(?P<port>\d+))?/(?P<vhost>\S+)")
# Seconds in which it connects after its start.
PATIENCE = 20.0


@check("flower/old_start_line")
def old_start_line(stack: Stack, seen: Evidence) -> Found | None:
    """A Flower runs whose command has Celery's options where they are ignored."""
    for one in seen.processes:
        if found := MISPLACED.search(one["command"]):
            wrong = f"Flower (process {one['pid']}) was started with `{found['option']}` behind `flower`"
            return Found(wrong, (one["command"],), service=service_of(one) or _service(stack))
    return None


@check("flower/empty")
def empty(stack: Stack, seen: Evidence) -> Found | None:
    """Flower runs, and is not connected to the broker that the workers use."""
    connections = seen.answers("rabbitmq").get("connections")
    flower, app = _service(stack), stack.app
    if not connections or not seen.runs(flower):
        return None
    state, port = seen.services[flower], stack.endpoints.amqp.port
    if seen.time - state["since"] < PATIENCE:
        return None
    said = seen.said(flower, r"Connected to|Cannot connect to|Connection to broker lost")
    if state["listens"] and "container" not in state:
        ports = {one.get("peer_port") for one in connections if one.get("vhost") == app.vhost}
        connected = bool(ports & set(state["from"]))
    else:  # whose sockets in a container are cannot be seen: the log's word is all there is
        url = CONNECTED.search(said)
        connected = url is None or (url["port"], unquote(url["vhost"])) == (str(port), app.vhost)
    if connected:
        return None
    return Found(f"Flower is not connected to vhost `{app.vhost}` of the broker", (said,), service=flower)


@check("flower/unauthorized")
def unauthorized(stack: Stack, seen: Evidence) -> Found | None:
    """Flower asks nobody for a password."""
    if seen.section("system").get("flower") != 200 or not seen.runs(_service(stack)):
        return None
    said = seen.said(_service(stack), "FLOWER_UNAUTHENTICATED_API")
    where = stack.where(stack.app.flower)
    return Found(f"Flower at {where} shows its pages without a password", (said,))


@check("flower/down")
def down(stack: Stack, seen: Evidence) -> Found | None:
    """Flower does not run, and not because of a server that it waits for."""
    return down_by_itself(seen, _service(stack))


def _service(stack: Stack) -> str:
    return stack.app.flower.service if stack.app.flower else ""
