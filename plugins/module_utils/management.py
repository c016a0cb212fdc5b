"""The only module that speaks HTTP to RabbitMQ's management API; loopback, one kept connection."""

from __future__ import annotations

import base64
import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

PAUSE = 0.1


class ManagementError(Exception):
    """The API answered with an error; ``status`` is HTTP's, ``reason`` the broker's own sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"HTTP {status}: {reason}")
        self.status = status
        self.reason = reason


class Unreachable(Exception):
    """Nothing usable answers at the API's address yet."""


class Management:
    """A client of the API at ``url`` (``http://host:port``), logged in as one user."""

    def __init__(self, url: str, username: str, password: str, timeout: float = 30) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"management URL `{url}` is not of the form http://host:port")
        self.url = url
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port or 15672, timeout=timeout)
        login = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}

    def definitions(self) -> dict[str, Any]:
        """Return the broker's definitions; raises ManagementError or Unreachable."""
        answer = self.request("GET", "/api/definitions")
        if not isinstance(answer, dict):
            raise Unreachable(f"{self.url} does not answer like a RabbitMQ management API")
        if any("metadata" not in vhost for vhost in answer.get("vhosts", [])):
            answer["vhosts"] = self.request("GET", "/api/vhosts")  # RabbitMQ 3.10 exports bare names
        return answer

    def wait(self, seconds: float) -> dict[str, Any]:
        """Return the definitions as soon as the API gives them; Unreachable when ``seconds`` have passed.

        A refused login is raised at once.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.definitions()
            except Unreachable as error:
                if time.monotonic() >= deadline:
                    raise Unreachable(f"{error} after {seconds:g} s") from error
            time.sleep(PAUSE)

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request and return the decoded answer (None when it is empty)."""
        data = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, body=data, headers=self._headers)
            response = self._connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unreachable(f"no answer from {self.url} ({error or type(error).__name__})") from error
        # While plugins start, the listener is there before its routes and its node: 404 and 503.
        if response.status in (404, 503) and path == "/api/definitions":
            raise Unreachable(f"{self.url} answers {response.status}")
        if response.status >= 400:
            raise ManagementError(response.status, _reason(text) or response.reason)
        return json.loads(text) if text else None

    def close(self) -> None:
        """End the kept connection; the next request opens another.

        The server ends one that was idle for some seconds by itself, and only the next request shows it.
        """
        self._connection.close()


def _reason(text: str) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return text.strip()[:500]
    return str(answer.get("reason") or answer.get("error") or "") if isinstance(answer, dict) else str(answer)
