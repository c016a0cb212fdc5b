"""What `status` shows to people: tables of services, workers, queues and servers."""

from __future__ import annotations

from collections.abc import Sequence

from rabbitry.overview import Overview
from rabbitry.past import SHORT, Past

Table = tuple[tuple[str, ...], Sequence[tuple[str, ...]]]


def tables(overview: Overview, now: float) -> list[Table]:
    """(head, rows) of each table; `now` in seconds since 1970."""
    found: list[Table] = [
        (("host", "service", "state", "for", "pid", "ports", "version"), _services(overview, now)),
        (("application", "host", "release", "for", "by"), _releases(overview, now)),
        (("worker", "host", "consumes from", "declared"), _workers(overview)),
        (("vhost", "queue", "type", "ready", "unacknowledged", "consumers"), _queues(overview)),
        (("server", "alarms", "memory", "storage"), _servers(overview)),
    ]
    return [(head, rows) for head, rows in found if rows]


def _services(overview: Overview, now: float) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for host in overview.stack.hosts:
        for service in host.services:
            state = overview.service(host.name, service.name)
            rows.append(
                (
                    host.name,
                    service.name,
                    str(state.get("state", "unknown")),
                    age(now - state["since"]) if state.get("since") else "-",
                    str(state.get("pid") or "-"),
                    " ".join(map(str, state.get("listens", []))) or "-",
                    overview.version(host, service.name) or "-",
                )
            )
    return rows


def _releases(overview: Overview, now: float) -> list[tuple[str, ...]]:
    return [
        (name, host, use.release[:SHORT], age(now - use.since), use.by)
        for host, pulse in overview.pulses.items()
        for name, told in pulse.get("releases", {}).items()
        if (use := Past.read(told).current)
    ]


def _workers(overview: Overview) -> list[tuple[str, ...]]:
    return [
        (each.service, each.host, " ".join(of.consumes(each)) or "nothing", " ".join(each.queues))
        for of in map(overview.of, overview.stack.apps)
        for each in of.stack.app.workers
    ]


def _queues(overview: Overview) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for of in map(overview.of, overview.stack.apps):
        queues, vhost = of.broker.get("queues", []), of.stack.app.vhost
        rows += [
            (
                vhost,
                each["name"],
                each["type"],
                str(each["ready"]),
                str(each["unacknowledged"]),
                str(each["consumers"]),
            )
            for each in queues
        ]
        rows += [(vhost, "(countdown)", "", str(of.broker.get("delayed", 0)), "", "")] if queues else []
    return rows


def _servers(overview: Overview) -> list[tuple[str, ...]]:
    broker, backend = overview.broker, overview.backend
    rows: list[tuple[str, ...]] = []
    for node in broker.get("nodes", []):
        used = f"{size(node['mem_used'])} of {size(node['mem_limit'])}"
        disk = f"{size(node['disk_free'])} free, alarm below {size(node['disk_free_limit'])}"
        rows.append((node["name"], " ".join(broker["alarms"]) or "none", used, disk))
    if memory := backend.get("memory"):
        limit = f" of {size(memory['maxmemory'])}" if memory["maxmemory"] else ""
        saved = backend["persistence"]
        waiting = f"{saved['rdb_changes_since_last_save']} changes since the last save"
        used = f"{size(memory['used_memory'])}{limit} {memory['maxmemory_policy']}"
        rows.append(("redis", "-", used, f"{waiting} ({saved['rdb_last_bgsave_status']})"))
    return rows


def age(seconds: float) -> str:
    """A duration in its two largest units: `41 s`, `3 min 12 s`, `2 h 5 min`, `9 d 1 h`."""
    rest = max(0, int(seconds))
    days, rest = divmod(rest, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next((index for index, (count, _) in enumerate(parts) if count), 3)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 s"


def size(amount: float) -> str:
    """Bytes as people read them: `512 B`, `1.4 MiB`, `3.0 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
