"""Leaves a user's data in the broker and in Redis of a test host, and looks whether it is still there."""

from __future__ import annotations

from tests.support.checkout import CLONE
from tests.support.hosts import Host

TEXT = "kept by a user"

# Runs in the host: the administrator's account and the management API, as a user would by hand.
SCRIPT = """
import base64, json, pathlib, sys, urllib.request

verb, secrets, text = sys.argv[1:]
password = pathlib.Path(secrets, "admin").read_text().strip()
login = base64.b64encode(f"admin:{password}".encode()).decode()


def call(method, path, body):
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:15672/api/{path}", data, headers, method=method)
    return json.loads(urllib.request.urlopen(request, timeout=10).read() or "null")


if verb == "leave":
    call("PUT", "queues/app/kept", {"durable": True, "arguments": {}})
    message = {"routing_key": "kept", "payload": text, "payload_encoding": "string"}
    message["properties"] = {"delivery_mode": 2}
    print(json.dumps(call("POST", "exchanges/app/amq.default/publish", message)["routed"]))
else:
    wanted = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"}
    print(json.dumps([message["payload"] for message in call("POST", "queues/app/kept/get", wanted)]))
"""


def leave(host: Host) -> None:
    """Put a persistent message on a durable queue of the user's own, and a key into Redis."""
    assert host.script(SCRIPT, "leave", _secrets(), TEXT) is True
    assert _redis(host, "SET", "kept", TEXT) == "OK"


def find(host: Host) -> dict[str, list[str]]:
    """Return what is there now, by place; equal to `ALL_THERE` when nothing was lost."""
    return {"rabbitmq": host.script(SCRIPT, "find", _secrets(), TEXT), "redis": [_redis(host, "GET", "kept")]}


ALL_THERE = {"rabbitmq": [TEXT], "redis": [TEXT]}


def _secrets() -> str:
    return f"{CLONE}/.state/local/secrets"


def _redis(host: Host, *command: str) -> str:
    password = host.read(f"{_secrets()}/redis").strip()
    return host.run(["redis-cli", "--no-auth-warning", *command], env={"REDISCLI_AUTH": password}).out.strip()
