"""A running RabbitMQ: waits for it, repairs a refused login through the node itself, sends differences."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import LIMITS, Fields
from ansible_collections.rabbitry.stack.plugins.module_utils.definitions import (
    Change,
    conflict,
    conflicts,
    selection,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.management import (
    Management,
    ManagementError,
    Unreachable,
)

LOG_LINES = 30

Run = Callable[[list[str]], tuple[int, str, str]]


class BrokerError(Exception):
    """The broker cannot be read or changed; ``hint`` is a command to paste, ``log`` its last lines.

    ``faults`` are all the ``{"message", "hint"}`` when there are several.
    """

    def __init__(
        self, message: str, hint: str = "", log: Sequence[str] = (), faults: Sequence[Fields] = ()
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.log = list(log)
        self.faults = list(faults)


class LoginRefused(BrokerError):
    """The declared administrator cannot log in."""


class Broker:
    """The broker behind ``api``; ``run`` starts a command and returns its status, output and errors."""

    def __init__(self, api: Management, username: str, run: Run, rabbitmqctl: str) -> None:
        self.api = api
        self.username = username
        self._run = run
        self._rabbitmqctl = rabbitmqctl

    @classmethod
    def of(cls, params: dict[str, Any], run: Run) -> Broker:
        """Return the broker that a module's parameters (declared.py's ``COMPARED``) name; BrokerError."""
        user = params["username"]
        password = administrator_password(params["definitions"], user)
        return cls(Management(params["url"], user, password), user, run, params["rabbitmqctl"])

    def read(self, seconds: float) -> Fields:
        """Return the exported definitions once the API gives them; BrokerError after ``seconds``."""
        try:
            return self.api.wait(seconds)
        except Unreachable as error:
            message = f"RabbitMQ's management API does not answer: {error}"
            raise BrokerError(message, "rabbitmq-diagnostics status") from error
        except ManagementError as error:
            if error.status != 401:
                raise self._refused(error) from error
            command = f"rabbitmqctl authenticate_user {shlex.quote(self.username)}"
            message = f"user `{self.username}` cannot log in to {self.api.url}: {error}"
            raise LoginRefused(message, command) from error

    def read_after_start(self, seconds: float) -> Fields:
        """Return the exported definitions of a node that may still be starting.

        While it boots, the API listens before the definitions are loaded, and refuses every login.
        """
        try:
            return self.read(seconds)
        except LoginRefused:
            self._ctl("await_startup", "--timeout", str(int(seconds)))
            return self.read(seconds)

    def import_document(self, path: str) -> None:
        """Let the node itself load a definitions document, which needs no login."""
        self._ctl("import_definitions", path)

    def send(self, declared: Fields, changes: list[Change]) -> None:
        """Carry out ``changes``; a document does not change virtual hosts that exist, they go one by one."""
        for change in changes:
            if change.kind == "parameters" and change.after is None and change.before:
                for limit in change.before["value"]:
                    self.delete(f"/api/vhost-limits/{quote(change.identity[0], safe='')}/{limit}")
        parts = selection(declared, changes)
        # A document is refused for the limits that hold before it, not for those that it brings.
        limits = [one for one in parts.get("parameters", []) if one["component"] == LIMITS]
        if limits:
            self.load({"vhosts": parts.get("vhosts", []), "parameters": limits})
        self.load(parts)
        for change in changes:
            name = quote(change.identity[0], safe="")
            if change.kind == "vhosts" and change.before and change.after:
                self._request("PUT", f"/api/vhosts/{name}", change.after)
            elif change.kind == "users" and change.after is None:
                self.delete(f"/api/users/{name}")
            elif change.kind == "users" and change.before and change.after:
                # A document adds limits to a user and takes none away.
                for limit in change.before["limits"].keys() - change.after["limits"].keys():
                    self.delete(f"/api/user-limits/{name}/{limit}")

    def refuse_conflicts(self, changes: list[Change], exported: Fields) -> None:
        """Raise BrokerError, naming every one, when this broker could not carry out all of ``changes``."""
        version = str(exported.get("rabbitmq_version", ""))
        found = [
            conflict(change, self.api.url, self.username, version) for change in conflicts(changes, version)
        ]
        if found:
            message, hint = found[0]
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            faults = [{"message": text, "hint": command} for text, command in found]
            raise BrokerError(message + more, hint, faults=faults)

    def load(self, parts: Fields) -> None:
        """Send a part of a definitions document, which the broker adds to what it has; BrokerError."""
        if parts:
            self._request("POST", "/api/definitions", parts)

    def get(self, path: str) -> Any:
        """Return what the API answers to a GET; BrokerError."""
        return self._request("GET", path)

    def put(self, path: str, body: Any) -> None:
        """Set what is there; BrokerError."""
        self._request("PUT", path, body)

    def delete(self, path: str) -> None:
        """Delete what is there; BrokerError."""
        self._request("DELETE", path)

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        try:
            return self.api.request(method, path, body)
        except (ManagementError, Unreachable) as error:
            raise self._refused(error) from error

    def tool(self, name: str, *words: str) -> str:
        """Run the tool of that name beside ``rabbitmqctl``; return what it says. Raises BrokerError."""
        control = PurePath(self._rabbitmqctl)
        path = control if name == "rabbitmqctl" else control.with_name(name)
        status, output, errors = self._run([str(path), *words])
        self.api.close()
        if status:
            log = [line for line in (output + errors).splitlines() if line.strip()][-LOG_LINES:]
            message = f"`{name} {next(one for one in words if one[0] != '-')}` ended with status {status}"
            raise BrokerError(message, "rabbitmq-diagnostics status", log)
        return output

    def _ctl(self, *words: str) -> None:
        self.tool("rabbitmqctl", "--quiet", *words)

    def _refused(self, error: Exception) -> BrokerError:
        message = f"RabbitMQ at {self.api.url} refused a request of user `{self.username}`: {error}"
        is_about_rights = isinstance(error, ManagementError) and error.status in (401, 403)
        hint = "rabbitmqctl list_users" if is_about_rights else "rabbitmq-diagnostics log_tail"
        return BrokerError(" ".join(message.split()), hint)


def administrator_password(declared: Fields, username: str) -> str:
    """Return the declared password of ``username``; BrokerError unless it is a declared administrator."""
    found: list[dict[str, Any]] = [one for one in declared.get("users") or [] if one["name"] == username]
    if not found or "administrator" not in (found[0].get("tags") or []):
        fault = "has no tag `administrator`" if found else "is not among the declared users"
        raise BrokerError(f"user `{username}` {fault}, so nobody can compare the definitions")
    return str(found[0]["password"])
