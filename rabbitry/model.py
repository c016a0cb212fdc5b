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

from rabbitry.application import Account as Account
from rabbitry.application import App as App
from rabbitry.application import Beat as Beat
from rabbitry.application import Worker as Worker
from rabbitry.endpoint import Broker, Endpoint, Endpoints, Replication
from rabbitry.errors import StackError

SCHEMA = 2
COMPOSE = "compose"
ACCOUNTS = ("admin", "monitor", "redis", "flower")


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

    @property
    def is_local(self) -> bool:
        return self.connection == "local"


@dataclass(frozen=True)
class Stack:
    schema: int
    env: str
    runs_on: str
    endpoints: Endpoints
    brokers: tuple[Broker, ...]
    replication: Replication | None
    accounts: Mapping[str, Account]
    """By role: admin, monitor, redis, flower."""
    apps: tuple[App, ...]
    hosts: tuple[Host, ...]

    @property
    def app(self) -> App:
        """The first application; of a stack out of `each`, the only one."""
        return self.apps[0]

    def each(self) -> tuple[Stack, ...]:
        """The stack once for each application, with that one alone."""
        return tuple(dataclasses.replace(self, apps=(app,)) for app in self.apps)

    def of(self, service: str) -> App | None:
        """The application that a service belongs to; None for the servers that all use."""
        return next((app for app in self.apps if service in app.services), None)

    def only(self, name: str, option: str = "") -> Stack:
        """The stack with the application called `name` alone, or its only one; StackError names them all."""
        found = [one for one in self.each() if name in ("", one.app.name)]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(f"`{app.name}`" for app in self.apps)
        what = f"no application `{name}`" if name else "which application is meant"
        raise StackError(f"{what}: there is {listed}", f"./inv describe{option}")

    def ends(self) -> Mapping[str, Endpoint]:
        """Everything that listens, by name: amqp, management, redis, and a `flower/<application>` each.

        Of several brokers also `amqp/<host>` and `management/<host>`, of several Redis `redis/<host>` and
        `sentinel/<host>`.
        """
        own = self.endpoints
        flowers = {f"flower/{app.name}": app.flower for app in self.apps if app.flower}
        return {
            "amqp": own.amqp,
            "management": own.management,
            "redis": own.redis,
            **flowers,
            **self._nodes(),
        }

    def _nodes(self) -> dict[str, Endpoint]:
        several = self.brokers if len(self.brokers) > 1 else ()
        found = {f"amqp/{one.amqp.on}": one.amqp for one in several}
        found |= {f"management/{one.management.on}": one.management for one in several}
        if self.replication:
            found |= {f"redis/{one.on}": one for one in self.replication.nodes}
            found |= {f"sentinel/{one.on}": one for one in self.replication.sentinels}
        return found

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
        if not stack.apps:
            raise ValueError("`stack.apps` names no application")
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
