"""The verbs `backup` and `restore`: a broker's definitions and Redis' data, from any carrier to any."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rabbitry import report, secrets, tunnel
from rabbitry.clients import Clients
from rabbitry.definitions_api import DefinitionsApi
from rabbitry.describe import current
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.proving import prove

SCHEMA = 1
MANIFEST, DEFINITIONS, KEYS = "backup.json", "definitions.json", "redis.jsonl"
# What only says that Redis works.
OURS = (b"rabbitry:healthy", b"rabbitry:written")
BATCH = 500


def backup(environment: Environment, to: str = "") -> None:
    """Write both into a new directory, `to` or below the environment's state, and say what cannot be kept."""
    stack = current(environment)
    place = Path(to) if to else environment.state / "backup" / time.strftime("%Y%m%d-%H%M%S")
    try:
        place.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise StackError(f"`{place}` cannot be made: {error.strerror}", f"ls -ld {place}") from error
    with tunnel.ways(environment, stack) as ways:
        api = DefinitionsApi.of(stack, secrets.read(environment), ways)
        definitions, waiting = api.read(), api.messages()
        _write(place / DEFINITIONS, json.dumps(definitions, indent=1).encode())
        lines = list(_dump(Clients(stack, secrets.read(environment), ways)))
        _write(place / KEYS, b"".join(line + b"\n" for line in lines))
    manifest = {
        "schema": SCHEMA,
        "env": stack.env,
        "runs_on": stack.runs_on,
        "time": time.time(),
        "rabbitmq": definitions.get("rabbitmq_version", ""),
        "keys": len(lines),
        "files": {name: _checksum(place / name) for name in (DEFINITIONS, KEYS)},
        "messages": waiting,
    }
    _write(place / MANIFEST, json.dumps(manifest, indent=1).encode())
    report.line(f"definitions and {len(lines)} keys of Redis: {place}")
    for name, count in waiting.items():
        report.note(
            f"not in it: {count} message{'s' * (count != 1)} of queue {name}; RabbitMQ gives out no messages"
            " to keep, the workers can empty the queue before"
        )
    report.line(f"give it back, to hosts or containers: ./inv restore {place}{environment.option}")


def restore(environment: Environment, source: str = "", *, yes: bool = False) -> None:
    """Give a running stack what a backup holds, the newest unless `source` names another, after asking."""
    stack = current(environment)
    place = Path(source) if source else _newest(environment)
    manifest = verified(place)
    content = f"{manifest['keys']} keys of Redis and the definitions of RabbitMQ {manifest['rabbitmq']}"
    report.line(f"{place}: {content}, from `{manifest['env']}` on {manifest['runs_on']}")
    if not yes and not report.confirm("Put all this into the stack, over what has the same names?"):
        raise StackError("nothing was restored", f"./inv restore {place} --yes{environment.option}")
    with report.progress() as progress:
        with tunnel.ways(environment, stack) as ways:
            with progress.step("Definitions") as phase:
                api = DefinitionsApi.of(stack, secrets.read(environment), ways)
                api.send(json.loads((place / DEFINITIONS).read_bytes()))
                phase.changed = 1
            with progress.step("Redis") as phase:
                _load(Clients(stack, secrets.read(environment), ways), place / KEYS)
                phase.changed = 1
        prove(environment, stack, progress)
    report.line(f"restored; what the inventory declares otherwise: ./inv up{environment.option}")


def verified(place: Path) -> dict[str, Any]:
    """The manifest of a backup that is whole; StackError names the file that is missing or was changed."""
    try:
        manifest: dict[str, Any] = json.loads((place / MANIFEST).read_bytes())
        if manifest["schema"] != SCHEMA:
            raise ValueError(f"schema {manifest['schema']} instead of {SCHEMA}")
        for name, checksum in manifest["files"].items():
            if _checksum(place / name) != checksum:
                raise StackError(f"`{place / name}` is not as `backup` wrote it", f"sha256sum {place}/*")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StackError(f"`{place}` is no backup that can be used: {error}", "./inv backup") from error
    return manifest


def _newest(environment: Environment) -> Path:
    found = sorted(path.parent for path in (environment.state / "backup").glob(f"*/{MANIFEST}"))
    if not found:
        raise StackError(
            f"the environment `{environment.name}` has no backup", f"./inv backup{environment.option}"
        )
    return found[-1]


def _dump(clients: Clients) -> Iterator[bytes]:
    """Every key with its remaining time, one JSON document each, by Redis' own DUMP."""
    for database in _databases(clients):
        redis = clients.redis(db=database, decode_responses=False)
        for key in redis.scan_iter(count=BATCH):
            value, left = redis.dump(key), redis.pttl(key)
            # It may have ended since it was listed.
            if value is None or key in OURS:
                continue
            yield json.dumps(
                {"db": database, "key": _text(key), "left": max(left, 0), "value": _text(value)}
            ).encode()


def _databases(clients: Clients) -> list[int]:
    return sorted(int(name.removeprefix("db")) for name in clients.redis().info("keyspace"))


def _load(clients: Clients, path: Path) -> None:
    from redis.exceptions import ResponseError

    doors: dict[int, Any] = {}
    with path.open("rb") as stream:
        for line in stream:
            one = json.loads(line)
            redis = doors.setdefault(one["db"], clients.redis(db=one["db"], decode_responses=False))
            key = base64.b64decode(one["key"])
            try:
                redis.restore(key, one["left"], base64.b64decode(one["value"]), replace=True)
            except ResponseError as error:
                raise StackError(
                    f"Redis does not take the key `{key.decode(errors='replace')}`: {error}"
                    " (an older Redis cannot read what a newer one has written)",
                    "./inv status",
                ) from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """A file that only its owner may read: there are password hashes and results in it."""
    path.touch(mode=0o600)
    path.write_bytes(content)
