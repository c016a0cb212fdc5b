"""A RabbitMQ on a test host, as its clients see it: AMQP and the management API."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pika
from pika.adapters.blocking_connection import BlockingChannel

from tests.support.remote import Remote
from tests.support.wait import wait_until

SECONDS = 10
START = 60


@dataclass(frozen=True)
class Answer:
    """What the management API answered: HTTP's status, and the document."""

    status: int
    document: Any


@dataclass(frozen=True)
class Broker:
    """The RabbitMQ of a test host, reached by two ports of this machine."""

    machine: Remote
    amqp: int
    management: int

    def password(self, user: str) -> str:
        """Return the password that the scenario declares for `user`."""
        users = self.machine.vars["rabbitmq_users"]
        return str(next(one["password"] for one in users if one["name"] == user))

    @contextmanager
    def connection(
        self, user: str, vhost: str, password: str | None = None
    ) -> Iterator[pika.BlockingConnection]:
        """Log in by AMQP, by the declared password unless another is given; yield the open connection."""
        given = self.password(user) if password is None else password
        connection = pika.BlockingConnection(
            pika.ConnectionParameters(
                host="127.0.0.1",
                port=self.amqp,
                virtual_host=vhost,
                credentials=pika.PlainCredentials(user, given),
                blocked_connection_timeout=SECONDS,
                socket_timeout=SECONDS,
                stack_timeout=SECONDS,
            )
        )
        try:
            yield connection
        finally:
            if connection.is_open:
                connection.close()

    @contextmanager
    def channel(self, user: str, vhost: str, password: str | None = None) -> Iterator[BlockingChannel]:
        """Yield a channel with publisher confirms on a connection of its own."""
        with self.connection(user, vhost, password) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            yield channel

    def refuses(self, user: str, vhost: str, password: str | None = None) -> str:
        """Return what an AMQP login is told; AssertionError when it gets in."""
        try:
            with self.connection(user, vhost, password):
                raise AssertionError(f"RabbitMQ let `{user}` into the virtual host `{vhost}`")
        except pika.exceptions.AMQPError as error:
            return f"{type(error).__name__} {error}"

    def api(
        self, path: str, user: str, password: str | None = None, *, method: str = "GET", body: Any = None
    ) -> Answer:
        """Send one request to the management API; no login is sent for the user ""."""
        headers = {"Content-Type": "application/json"}
        if user:
            given = self.password(user) if password is None else password
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{given}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.management, timeout=SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, json.loads(text) if text.startswith(("{", "[")) else text)
        finally:
            connection.close()

    def queue(self, vhost: str, name: str, admin: str) -> Mapping[str, Any]:
        """Return what the management API tells of a queue."""
        path = f"/api/queues/{quote(vhost, safe='')}/{quote(name, safe='')}"
        answer = self.api(path, admin)
        assert answer.status == 200, answer
        found: Mapping[str, Any] = answer.document
        return found

    def wait_ready(self, admin: str) -> None:
        """Wait until the management API answers the administrator, and AMQP takes connections."""
        wait_until(lambda: self._answers(admin), START, "RabbitMQ answers")

    def _answers(self, admin: str) -> bool:
        try:
            answer = self.api("/api/health/checks/port-listener/" + str(self._port), admin)
        except (OSError, http.client.HTTPException) as error:
            raise AssertionError(str(error)) from error
        return answer.status == 200

    @property
    def _port(self) -> int:
        return int(self.machine.vars.get("rabbitmq_port", 5672))


def send(channel: BlockingChannel, queue: str, body: bytes) -> None:
    """Publish a persistent message that must be routed, and wait for the broker's confirmation."""
    properties = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
    channel.basic_publish("", queue, body, properties, mandatory=True)


def get(channel: BlockingChannel, queue: str) -> bytes | None:
    """Take one message and acknowledge it; None when there is none."""
    method, _, body = channel.basic_get(queue)
    if method is None:
        return None
    channel.basic_ack(method.delivery_tag)
    return bytes(body)
