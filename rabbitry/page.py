"""One HTTP request to a service of the stack, and the service that answers it with a refusal."""

from __future__ import annotations

import base64
import http.client
import json
from typing import Any, NamedTuple

from rabbitry.endpoint import Endpoint

ANSWER_TIMEOUT = 3.0


class Response(NamedTuple):
    """What an HTTP server said."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None when it is empty."""
        return json.loads(self.body) if self.body else None


class Refused(Exception):
    """An HTTP server that answered, but not with 200."""

    def __init__(self, service: str, path: str, status: int, username: str) -> None:
        super().__init__(f"{service} answers {status} to GET {path} of user `{username}`")
        self.service, self.status, self.username = service, status, username


def get(endpoint: Endpoint, path: str, username: str = "", password: str = "") -> Response:
    """One GET request with basic authentication when a user is named. No proxy, no redirects."""
    headers = {}
    if username:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=ANSWER_TIMEOUT)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return Response(answer.status, answer.read())
    finally:
        connection.close()
