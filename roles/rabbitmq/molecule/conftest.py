"""What the tests of the role rabbitmq share: clients of the broker under test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.broker import Broker
from tests.support.forward import forwarded
from tests.support.remote import Remote


@pytest.fixture(scope="module")
def broker(machine: Remote) -> Iterator[Broker]:
    """The broker under test, where the scenario's variables put it."""
    known = machine.vars
    address = str(known.get("rabbitmq_bind", "127.0.0.1"))
    ports = (int(known.get("rabbitmq_port", 5672)), int(known.get("rabbitmq_management_port", 15672)))
    with (
        forwarded(machine, ports[0], address) as amqp,
        forwarded(machine, ports[1], address) as management,
    ):
        yield Broker(machine, amqp, management)
