"""A stack that is not there: every promise is broken or not tried, with its cause, in seconds."""

from __future__ import annotations

import json
import socket
import time
import xml.etree.ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from rabbitry import clients
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack
from rabbitry.promise import Promise
from rabbitry.proof import prove
from rabbitry.smoke import as_json, sentence, smoke
from tests.unit.stack_document import SECRETS, document, stack

TIMEOUT = 0.2
NEEDS_NO_SERVER = {"no other beat of the application runs"}


@pytest.fixture
def port() -> Iterator[int]:
    """A port of this machine that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(autouse=True)
def _options_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody wants of his own tests, which smoke does not know."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")


def _environment(root: Path, port: int) -> Environment:
    environment = Environment("local", root / "inventory" / "local.yml", root)
    environment.state.mkdir(parents=True)
    environment.stack.write_text(json.dumps(document(port, port, port, port)))
    environment.secrets.write_text(json.dumps(SECRETS))
    return environment


def test_a_stack_that_is_down_is_named_at_once(tmp_path: Path, closed: int) -> None:
    told: list[Promise] = []
    promises = smoke(_environment(tmp_path, closed), junit=str(tmp_path / "junit.xml"), tell=told.append)
    assert promises == told
    assert len(promises) >= 19
    assert {promise.name for promise in promises if promise.kept} <= NEEDS_NO_SERVER
    assert promises[0].cause == f"rabbitmq-server refuses connections at 127.0.0.1:{closed}"
    assert promises[0].hint == "./inv logs rabbitmq-server"
    assert all(promise.cause for promise in promises if not promise.kept)
    suite = xml.etree.ElementTree.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert int(suite.attrib["failures"]) == sum(not promise.kept for promise in promises)


def test_a_stack_that_hangs_is_named_within_the_deadline(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONNECT_TIMEOUT", "ANSWER_TIMEOUT"):
        monkeypatch.setattr(clients, name, TIMEOUT)
    started = time.monotonic()
    promises = smoke(_environment(tmp_path, port))
    assert time.monotonic() - started < 15
    assert {promise.name for promise in promises if promise.kept} <= NEEDS_NO_SERVER
    assert f"rabbitmq-server does not answer at 127.0.0.1:{port}" in {promise.cause for promise in promises}
    assert [promise for promise in promises if not promise.tried]


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no stack is known here"):
        smoke(Environment("local", tmp_path / "inventory" / "local.yml", tmp_path))


def test_the_verdict_for_machines() -> None:
    kept = Promise(name="a", kept=True, seconds=0.12345)
    broken = Promise(name="b", kept=False, seconds=1, cause="c", service="d", hint="e", details="traceback")
    verdict = json.loads(as_json([kept, broken], "local", 2.0))
    assert verdict["kept"] is False
    assert verdict["promises"][0]["seconds"] == 0.123
    assert "details" not in verdict["promises"][1]


def test_a_test_name_is_a_sentence() -> None:
    assert sentence("x.py::test_beat_ticks") == "beat ticks"
    assert sentence("x.py::test_a_worker[w from q]") == "a worker: w from q"


def test_the_proof_names_a_broker_that_is_down(closed: int) -> None:
    down: Stack = stack(amqp=closed, management=closed, redis=closed)
    started = time.monotonic()
    with pytest.raises(
        StackError, match=f"rabbitmq-server refuses connections at 127.0.0.1:{closed}"
    ) as caught:
        prove(down, SECRETS, deadline=0.3)
    assert caught.value.hint == "./inv logs rabbitmq-server"
    assert time.monotonic() - started < 5
