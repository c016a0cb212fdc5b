"""Hosts that the flow's tests share: one for each file or parameter set, removed when its tests are over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.checkout import Checkout
from tests.support.hosts import Host


@pytest.fixture(scope="module")
def bare() -> Iterator[Checkout]:
    """A fresh clone on a fresh Debian 13 with systemd, where nothing is set up."""
    host = Host.start("trixie", "systemd", label="bare")
    try:
        yield Checkout.clone_into(host)
    finally:
        host.remove()


@pytest.fixture(scope="module")
def running() -> Iterator[Checkout]:
    """A clone whose stack is up, on Debian 13 with systemd."""
    host = Host.start("trixie", "systemd", label="running")
    try:
        checkout = Checkout.clone_into(host)
        checkout.inv("up", seconds=300)
        yield checkout
    finally:
        host.remove()
