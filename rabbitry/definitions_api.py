"""RabbitMQ's definitions by its management API, as the administrator: to keep them and to give them back."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from rabbitry.errors import StackError
from rabbitry.model import Stack

TIMEOUT = 30.0


@dataclass(frozen=True)
class DefinitionsApi:
    """The API at `place` for the administrator's login."""

    place: tuple[str, int]
    username: str
    password: str

    @classmethod
    def of(
        cls, stack: Stack, secrets: Mapping[str, str], ways: Mapping[str, tuple[str, int]]
    ) -> DefinitionsApi:
        """The API of a stack, by the way that leads there from here."""
        account, end = stack.accounts["admin"], stack.endpoints.management
        return cls(ways.get("management", (end.host, end.port)), account.username, secrets[account.secret])

    def read(self) -> dict[str, Any]:
        """Everything that the broker holds but its messages."""
        found: dict[str, Any] = self._ask("GET", "definitions")
        return found

    def messages(self) -> dict[str, int]:
        """How many messages lie in each queue that has any, `vhost/queue` by name."""
        queues = self._ask("GET", "queues?disable_stats=true&enable_queue_totals=true")
        return {f"{one['vhost']}/{one['name']}": one["messages"] for one in queues if one.get("messages", 0)}

    def send(self, definitions: Mapping[str, Any]) -> None:
        """Declare what is not there or differs; accounts that are there keep the password that they have."""
        here = {one["name"] for one in self._ask("GET", "users")}
        users = [one for one in definitions.get("users", []) if one["name"] not in here]
        self._ask("POST", "definitions", {**definitions, "users": users})

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        login = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        connection = http.client.HTTPConnection(*self.place, timeout=TIMEOUT)
        headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        try:
            connection.request(method, f"/api/{quote(path, safe='?=&/')}", text, headers)
            answer = connection.getresponse()
            said = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise StackError(f"RabbitMQ's management API does not answer: {error}", "./inv status") from error
        finally:
            connection.close()
        if answer.status >= 300:
            raise StackError(
                f"RabbitMQ answers {answer.status} to {method} /api/{path}: {said[:300]}", "./inv up"
            )
        return json.loads(said) if said else None
