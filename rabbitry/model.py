"""The resolved stack as every verb sees it: dataclasses read from stack.json, the boundary with Ansible."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rabbitry.endpoint import Endpoint, Endpoints
from rabbitry.errors import StackError

SCHEMA = 1
COMPOSE = "compose"
ACCOUNTS = ("app", "admin", "monitor", "redis", "flower")


@dataclass(frozen=True)
class Account:
    """A user name; `secret` is the name of its password in secrets.json."""

    username: str
    secret: str


@dataclass(frozen=True)
class App:
    module: str
    home: str


@dataclass(frozen=True)
class Worker:
    """One worker process on one host; `service` is what its supervisor calls it."""

    name: str
    service: str
    host: str
    queues: tuple[str, ...]
    concurrency: int


@dataclass(frozen=True)
class Beat:
    """The one scheduler; its own tick comes every `tick` seconds."""

    service: str
    host: str
    tick: int


@dataclass(frozen=True)
class Service:
    name: str
    description: str


@dataclass(frozen=True)
class Host:
    """`connection` is Ansible's (local, ssh), `address` what it connects to; `services` in their start order,
    `logs` the directory of what they say where no journal keeps it."""

    name: str
    address: str
    connection: str
    supervisor: str
    logs: str
    groups: tuple[str, ...]
    services: tuple[Service, ...]
    versions: Mapping[str, str]

    @property
    def is_local(self) -> bool:
        return self.connection == "local"


@dataclass(frozen=True)
class Stack:
    schema: int
    env: str
    runs_on: str
    endpoints: Endpoints
    accounts: Mapping[str, Account]
    """By role: app, admin, monitor, redis, flower."""
    exchange: str
    queue_type: str
    queues: tuple[str, ...]
    longest_task: int
    """Seconds."""
    app: App
    workers: tuple[Worker, ...]
    beat: Beat | None
    hosts: tuple[Host, ...]

    @property
    def is_local(self) -> bool:
        return all(host.is_local for host in self.hosts)

    def host(self, name: str) -> Host:
        return next(host for host in self.hosts if host.name == name)

    def where(self, endpoint: Endpoint | None) -> str:
        """An endpoint's address for people: whose loopback it is, when that is not this machine's."""
        if endpoint is None:
            return "nowhere"
        elsewhere = endpoint.is_loopback and not self.host(endpoint.on).is_local
        return f"{endpoint} on {endpoint.on}" if elsewhere else str(endpoint)

    @classmethod
    def load(cls, path: Path, option: str = "") -> Stack:
        """Read stack.json; StackError when it is not what this version writes. Its hint has `option`."""
        try:
            return cls.from_data(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise StackError(f"no stack is known here: `{path}` is missing", f"./inv up{option}") from error
        except (OSError, ValueError) as error:
            raise StackError(f"`{path}` cannot be used: {error}", f"./inv describe{option}") from error

    @classmethod
    def from_data(cls, data: object) -> Stack:
        """The stack that parsed JSON describes; ValueError names the unknown, missing or mistyped key."""
        if isinstance(data, dict) and data.get("schema") != SCHEMA:
            raise ValueError(f"schema {data.get('schema')!r} instead of {SCHEMA}")
        stack = typing.cast(Stack, _build(cls, data, "stack"))
        if absent := [name for name in ACCOUNTS if name not in stack.accounts]:
            raise ValueError(f"missing key `stack.accounts.{absent[0]}`")
        return stack


@functools.cache
def _fields(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _build(kind: Any, data: object, where: str) -> object:
    """`data` as `kind`: dataclass, scalar, tuple, mapping, or one of them or None. Errors name it `where`."""
    if isinstance(kind, types.UnionType):
        inner = next(choice for choice in kind.__args__ if choice is not types.NoneType)
        return None if data is None else _build(inner, data, where)
    origin = typing.get_origin(kind)
    if origin is tuple and isinstance(data, list):
        item = typing.get_args(kind)[0]
        return tuple(_build(item, value, f"{where}[{index}]") for index, value in enumerate(data))
    if origin is Mapping and isinstance(data, dict):
        value_kind = typing.get_args(kind)[1]
        return {key: _build(value_kind, value, f"{where}.{key}") for key, value in data.items()}
    if dataclasses.is_dataclass(kind) and isinstance(data, dict):
        fields = _fields(typing.cast(type, kind))
        if wrong := data.keys() ^ fields.keys():
            key = min(wrong)
            raise ValueError(f"{'unknown' if key in data else 'missing'} key `{where}.{key}`")
        return typing.cast(Any, kind)(
            **{key: _build(fields[key], value, f"{where}.{key}") for key, value in data.items()}
        )
    if origin is None and isinstance(kind, type) and type(data) is kind:
        return data
    raise ValueError(f"`{where}` is {type(data).__name__} {data!r}, not {getattr(kind, '__name__', kind)}")
