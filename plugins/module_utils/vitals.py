"""Live numbers of RabbitMQ, Redis and Flower within milliseconds, by nothing but sockets; read-only."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

TIMEOUT = 2.0
DELAYED = "celery_delayed_"
MEMORY = ("used_memory", "maxmemory", "maxmemory_policy")
PERSISTENCE = (
    *("rdb_last_bgsave_status", "rdb_last_save_time", "rdb_changes_since_last_save"),
    *("aof_enabled", "aof_last_write_status"),
)


class Silent(Exception):
    """A server that gives no usable answer: one sentence."""


def broker(host: str, port: int, username: str, password: str, vhosts: Iterable[str]) -> dict[str, Any]:
    """RabbitMQ by its management API: versions, memory and disk (bytes), alarms, queues, consumers.

    Queues, consumers and delayed messages ({vhost: count}) are those of ``vhosts``.
    """
    api = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    login = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

    def get(path: str, *expect: int) -> Any:
        try:
            api.request("GET", f"/api/{path}", headers={"Authorization": login})
            response = api.getresponse()
            body = response.read()
        except ConnectionRefusedError:
            raise Silent(f"the management API refuses connections at {host}:{port}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Silent(f"the management API does not answer at {host}:{port}: {error}") from error
        if response.status not in (200, *expect):
            raise Silent(f"the management API answers {response.status} to user `{username}`")
        return json.loads(body)

    try:
        overview, nodes = get("overview"), get("nodes")
        alarms = get("health/checks/alarms", 503).get("alarms", [])
        queues, consumers = [], []
        for vhost in vhosts:
            place = quote(vhost, safe="")
            queues += _listed(get(f"queues/{place}?disable_stats=true&enable_queue_totals=true", 404))
            consumers += _listed(get(f"consumers/{place}", 404))
    finally:
        api.close()
    return {
        "versions": {"rabbitmq": overview["rabbitmq_version"], "erlang": overview["erlang_version"]},
        "alarms": sorted({alarm["resource"].replace("_", " ") for alarm in alarms}),
        "nodes": [_node(node) for node in nodes],
        "queues": [_queue(queue, consumers) for queue in queues if _shown(queue)],
        "delayed": {vhost: _delayed(queues, vhost) for vhost in vhosts},
        "consumers": [
            {
                "vhost": each["queue"]["vhost"],
                "queue": each["queue"]["name"],
                "peer": each["channel_details"].get("peer_port", 0),
                "prefetch": each.get("prefetch_count", 0),
            }
            for each in consumers
            if isinstance(each.get("channel_details"), dict)
        ],
    }


def _listed(answer: Any) -> list[Any]:
    """What a virtual host has; nothing where there is none, which is answered by an error instead."""
    return answer if isinstance(answer, list) else []


def _delayed(queues: list[Any], vhost: str) -> int:
    own = (one for one in queues if one["vhost"] == vhost and one["name"].startswith(DELAYED))
    return sum(one.get("messages", 0) for one in own)


def _shown(queue: Mapping[str, Any]) -> bool:
    return not queue["name"].startswith(DELAYED) and not queue.get("exclusive", False)


def _queue(queue: Mapping[str, Any], consumers: list[Any]) -> dict[str, Any]:
    place = {"vhost": queue["vhost"], "name": queue["name"]}
    return {
        **place,
        "type": queue.get("type", ""),
        "ready": queue.get("messages_ready", 0),
        "unacknowledged": queue.get("messages_unacknowledged", 0),
        "consumers": sum(place == {key: each["queue"][key] for key in place} for each in consumers),
    }


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    numbers = ("mem_used", "mem_limit", "disk_free", "disk_free_limit", "fd_used", "fd_total", "uptime")
    return {"name": node["name"], "running": bool(node.get("running"))} | {
        name: node.get(name, 0) for name in numbers
    }


def backend(host: str, port: int, username: str, password: str) -> dict[str, Any]:
    """Redis by INFO: version, memory (bytes) and its policy, the state of the persistence, clients."""
    try:
        with socket.create_connection((host, port), TIMEOUT) as connection:
            stream = connection.makefile("rwb")
            # Two commands in one write; the arguments are counted in bytes, so any password goes through.
            stream.write(_command("AUTH", *([username] if username else []), password) + _command("INFO"))
            stream.flush()
            accepted = stream.readline()
            if not accepted.startswith(b"+"):
                raise Silent(f"redis-server refuses the password at {host}:{port}")
            size = stream.readline()
            if not size.startswith(b"$"):
                raise Silent(f"redis-server says {size[1:].decode(errors='replace').strip()}")
            text = stream.read(int(size[1:])).decode(errors="replace")
    except ConnectionRefusedError:
        raise Silent(f"redis-server refuses connections at {host}:{port}") from None
    except OSError as error:
        raise Silent(f"redis-server does not answer at {host}:{port}: {error}") from error
    info = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {
        "versions": {"redis": info.get("redis_version", "")},
        "clients": _value(info.get("connected_clients", "0")),
        "uptime": _value(info.get("uptime_in_seconds", "0")),
        "memory": {name: _value(info.get(name, "")) for name in MEMORY},
        "persistence": {name: _value(info.get(name, "")) for name in PERSISTENCE},
    }


def _command(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def _value(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def dashboard(host: str, port: int, service: str) -> dict[str, Any]:
    """The Flower that is `service`: {"healthy": whether its health check says OK}."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/healthcheck")
        return {"healthy": connection.getresponse().status == 200}
    except ConnectionRefusedError:
        raise Silent(f"{service} refuses connections at {host}:{port}") from None
    except (OSError, http.client.HTTPException) as error:
        raise Silent(f"{service} does not answer at {host}:{port}: {error}") from error
    finally:
        connection.close()
