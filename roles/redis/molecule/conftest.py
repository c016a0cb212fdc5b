"""What the tests of the role redis share: clients of the server under test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.backend import Backend
from tests.support.forward import forwarded
from tests.support.remote import Remote


@pytest.fixture(scope="module")
def backend(machine: Remote) -> Iterator[Backend]:
    """The server under test, where the scenario's variables put it."""
    known = machine.vars
    address = str(known.get("redis_bind", "127.0.0.1")).split()[0]
    with forwarded(machine, int(known.get("redis_port", 6379)), address) as port:
        yield Backend(machine, port)
