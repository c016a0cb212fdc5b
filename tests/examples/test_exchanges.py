"""Each exchange brings a message to the receivers that its type and bindings say, and to nobody else."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.example import Deployed, Example
from tests.support.wait import wait_until

FOLDER = "/tmp/exchanges"


@contextmanager
def receiving(example: Example, exchange: str, name: str, *options: str) -> Iterator[None]:
    """A receiver that runs in the background, as in a terminal of its own, until the block ends."""
    output, words = f"{FOLDER}/{exchange}.{name}", ("-m", "exchanges.receive", exchange, name, *options)
    start = f"{shlex.join(example.command('python', *words))} >{output} 2>&1 & echo $!"
    pid = example.host.run(start, user=example.account, cwd=example.home).out.strip()
    try:
        wait_until(lambda: "listens to" in example.host.read(output), 30, f"{name} listens")
        yield
    finally:
        example.host.run(f"kill {pid}", check=False)


def lines(example: Example, path: str, count: int) -> list[str]:
    """The messages in a receiver's file or output, once there are as many as that."""

    def there() -> list[str]:
        found = [line for line in example.host.read(path).splitlines() if "listens to" not in line]
        assert len(found) >= count, found
        return found

    return wait_until(there, 20, f"{count} lines in {path}") if count else []


class Exchanges:
    """What the example `exchanges` promises, wherever it is deployed."""

    @pytest.fixture(autouse=True)
    def folder(self, example: Example) -> None:
        example.host.run(f"rm -rf {FOLDER} && install -d -o {example.account} {FOLDER}")

    @pytest.mark.parametrize(
        ("exchange", "receivers", "sent"),
        [
            ("direct", {"console": "info error", "disk": "error"}, "info error"),
            ("fanout", {"console": "info error", "disk": "info error"}, "info error"),
            (
                "topic",
                {
                    "orders": "order.error order.info",
                    "infos": "user.info order.info",
                    "all": "order.error user.info order.paid.late order.info",
                },
                "order.error user.info order.paid.late order.info",
            ),
        ],
    )
    def test_an_exchange_routes(
        self, example: Example, exchange: str, receivers: dict[str, str], sent: str
    ) -> None:
        log = f"{FOLDER}/disk.log"
        with ExitStack() as terminals:
            for name in receivers:
                options = ("--file", log) if name == "disk" else ()
                terminals.enter_context(receiving(example, exchange, name, *options))
            for key in sent.split():
                example.run("python", "-m", "exchanges.emit", exchange, key, f"about {key}")
            for name, keys in receivers.items():
                path = log if name == "disk" else f"{FOLDER}/{exchange}.{name}"
                wanted = [f"{key}: about {key}" for key in keys.split()]
                # Messages come in their order, and everybody gets the last one: one too many would be here.
                assert lines(example, path, len(wanted)) == wanted, name

    def test_a_message_that_no_queue_takes_is_told(self, example: Example) -> None:
        done = example.run("python", "-m", "exchanges.emit", "direct", "debug", "nobody cares", check=False)
        assert (done.rc, done.out) == (1, "nobody listens to debug: lost\n")

    def test_nothing_is_left_behind(self, example: Example) -> None:
        listed = ["rabbitmqctl", "-q", "list_exchanges", "-p", example.vhost, "name"]
        wait_until(lambda: "logs." not in example.host.run(listed).out, 20, "the exchanges are gone")


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestExchanges(Exchanges, Deployed):
    name = "exchanges"
