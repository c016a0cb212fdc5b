"""One description of a long-running program, the same for every supervisor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import (
    CONTROL,
    InvalidService,
    mapping,
    number,
    text,
    words,
)

LAUNCH = f"{HERE.libexec}/launch"
RUN = HERE.run
LOGS = HERE.logs
WAIT_SECONDS = 60

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
FORMULA = re.compile(r"[a-z0-9][a-z0-9+@._-]*\Z")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
UMASK = re.compile(r"0[0-7]{3}\Z")
ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/]+):([0-9]{1,5})\Z")
RESTART = ("always", "on-failure", "never")
SIGNALS = ("TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "KILL")
LISTS = ("command", "after", "runtime_dirs", "wait_for", "watch", "log_files")
NUMBERS = ("restart_delay", "stop_timeout", "open_files")


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What shows that a service works: at most one of `tcp`, `http`, `file`, within `timeout` seconds."""

    tcp: str = ""
    http: str = ""
    status: int = 200
    file: str = ""
    timeout: float = 60


@dataclass(frozen=True, kw_only=True)
class Service:
    """A program to keep running; all times in seconds.

    With `unit` a packaged systemd unit runs it, with `formula` (on macOS) `brew services`.
    """

    name: str
    description: str = ""
    command: tuple[str, ...] = ()
    user: str = ""
    group: str = ""
    working_dir: str = "/"
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_file: str = ""
    restart: str = "always"
    restart_delay: float = 2
    stop_signal: str = "TERM"
    stop_timeout: int = 30
    open_files: int = 0
    umask: str = ""
    after: tuple[str, ...] = ()
    runtime_dirs: tuple[str, ...] = ()
    wait_for: tuple[str, ...] = ()
    ready: Ready = Ready()
    watch: tuple[str, ...] = ()
    log_files: tuple[str, ...] = ()
    unit: str = ""
    formula: str = ""
    unit_options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_vars(cls, given: Mapping[str, Any]) -> Service:
        """The service that a dictionary of variables describes.

        Raises InvalidService naming the service and the key; keys that are None count as not given.
        """
        name = str(given.get("name") or "?")
        _refuse_unknown(name, "", given, cls)
        if name == "?":
            raise InvalidService(name, "has no `name`")
        service = cls(**{key: _read(name, key, value) for key, value in given.items() if value is not None})
        for problem in _problems(service):
            raise InvalidService(name, problem)
        return service

    def definition(self) -> dict[str, Any]:
        """The dictionary from which `from_vars` makes the same service again; fit for JSON."""
        shown = json.loads(json.dumps(asdict(self)))
        plain = json.loads(json.dumps(asdict(Service(name=""))))
        return {key: value for key, value in shown.items() if value != plain[key]}


def _read(name: str, key: str, value: Any) -> Any:
    if key in LISTS:
        return words(name, key, value)
    if key in NUMBERS:
        return number(name, key, value)
    if key == "environment":
        return {k: text(name, f"{key}.{k}", v) for k, v in mapping(name, key, value).items()}
    if key == "unit_options":
        return {k: words(name, f"{key}.{k}", v) for k, v in mapping(name, key, value).items()}
    return _ready(name, mapping(name, key, value)) if key == "ready" else text(name, key, value)


def _ready(name: str, given: Mapping[str, Any]) -> Ready:
    _refuse_unknown(name, "ready.", given, Ready)
    signs = [key for key in ("tcp", "http", "file") if given.get(key)]
    if len(signs) > 1:
        raise InvalidService(name, f"`ready` has {' and '.join(signs)}, only one can be asked")
    values: dict[str, Any] = {key: text(name, f"ready.{key}", given[key]) for key in signs}
    for key in ("status", "timeout"):
        if given.get(key) is not None:
            values[key] = number(name, f"ready.{key}", given[key])
    return Ready(**values)


def _refuse_unknown(name: str, prefix: str, given: Mapping[str, Any], kind: type[Any]) -> None:
    known = [one.name for one in fields(kind)]
    for key in given:
        if key not in known:
            raise InvalidService(name, f"unknown key `{prefix}{key}`", f"known keys: {', '.join(known)}")


def _problems(service: Service) -> Iterator[str]:
    if not NAME.match(service.name):
        yield "its name may have letters, digits and `_.-` only"
    if not service.command and not (service.unit or service.formula):
        yield "has no `command`"
    if service.command and not service.command[0].startswith("/"):
        yield f"`command` must begin with an absolute path, not {service.command[0]!r}"
    if service.command and not service.user:
        yield "has no `user`: name the account that it runs as"
    for key, value, choices in (
        ("restart", service.restart, RESTART),
        ("stop_signal", service.stop_signal, SIGNALS),
    ):
        if value not in choices:
            yield f"`{key}` is {value!r}, not one of {', '.join(choices)}"
    addresses = (*service.wait_for, service.ready.tcp)
    paths = (
        service.working_dir,
        *service.watch,
        *service.log_files,
        service.environment_file,
        service.ready.file,
    )
    for pattern, values, what in (
        (ACCOUNT, (service.user, service.group), "an account"),
        (VARIABLE, service.environment, "the name of an environment variable"),
        (NAME, service.runtime_dirs, f"the plain name of a directory below {RUN}"),
        (NAME, service.after, "the name of a service"),
        (UMASK, (service.umask,), "a quoted umask of the form 0027"),
        (FORMULA, (service.formula,), "the name of a formula"),
        (ADDRESS, addresses, "an address of the form host:port"),
        (re.compile("/"), paths, "an absolute path"),
    ):
        for value in values:
            if value and not pattern.match(value):
                yield f"{value!r} is not {what}"
    for line in (service.description, service.ready.http, service.unit, *addresses, *paths):
        if CONTROL.search(line):
            yield f"{line!r} contains a control character"


def launch_options(service: Service) -> list[str]:
    """Options of libexec/launch for what no supervisor can do itself: waiting for addresses."""
    options = [word for address in service.wait_for for word in ("--wait", address)]
    return [*options, "--timeout", str(WAIT_SECONDS)] if options else []


def launched(service: Service) -> list[str]:
    """The command under libexec/launch with all of its work, for supervisors that know only a command."""
    options = launch_options(service)
    if service.environment_file:
        options += ["--environment-file", service.environment_file]
    if service.open_files:
        options += ["--open-files", str(service.open_files)]
    if service.ready.file:
        options += ["--remove", service.ready.file]
    return [LAUNCH, *options, "--", *service.command]
