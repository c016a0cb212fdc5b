"""One test host for all examples: each replaces the one before it, as on a user's machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.checkout import Checkout
from tests.support.example import Example
from tests.support.hosts import Host


@pytest.fixture(scope="session")
def shared() -> Iterator[Checkout]:
    """A fresh clone on a fresh Debian 13 with systemd."""
    host = Host.start("trixie", "systemd", label="examples")
    try:
        yield Checkout.clone_into(host)
    finally:
        host.remove()


@pytest.fixture(scope="class")
def example(request: pytest.FixtureRequest, shared: Checkout) -> Example:
    return Example(shared, request.cls.name)
