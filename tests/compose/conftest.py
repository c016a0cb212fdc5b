"""One stack in containers for each file of tests, on ports of its own beside whatever runs here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import contained
from tests.support.contained import Contained


@pytest.fixture(scope="session")
def images(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every image of compose.yaml, whether or not a registry answers."""
    if reason := contained.why_not():
        if request.config.getoption("--require-hosts"):
            raise AssertionError(reason)
        pytest.skip(reason)
    with contained.held_images():
        yield


@pytest.fixture(scope="module")
def stack(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contained]:
    """An environment whose stack is not up yet; nothing of it is left afterwards."""
    found = Contained.write(tmp_path_factory.mktemp("contained"))
    try:
        yield found
    finally:
        found.forget()
