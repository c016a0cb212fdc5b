"""Publishes with confirms to whichever broker answers until it is told to end, then counts what came through.

Runs on the controller: publisher.py STATE QUEUE. It prints `publishing` when the first message is confirmed.
On SIGTERM it reads the queue empty and prints JSON: {sent, confirmed, lost, twice, reconnects, gap: longest
seconds between two confirms}. A message that was not confirmed is sent again under its number, so it may be
there twice.
"""

from __future__ import annotations

import itertools
import json
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

PAUSE, PATIENCE, QUIET = 0.01, 2.0, 5.0
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda number, frame: ended.set())


class Clients:
    """Connections to the brokers of a stack, each time to the next one that answers."""

    def __init__(self, state: Path) -> None:
        stack = json.loads((state / "stack.json").read_text(encoding="utf-8"))
        secrets = json.loads((state / "secrets.json").read_text(encoding="utf-8"))
        app = stack["apps"][0]
        login = pika.PlainCredentials(app["account"]["username"], secrets[app["account"]["secret"]])
        self.ways = itertools.cycle(
            pika.ConnectionParameters(
                one["amqp"]["host"],
                one["amqp"]["port"],
                app["vhost"],
                login,
                socket_timeout=PATIENCE,
                stack_timeout=PATIENCE + 1,
                blocked_connection_timeout=PATIENCE,
                heartbeat=4,
            )
            for one in stack["brokers"]
        )

    def channel(self, queue: str, seconds: float = 60) -> BlockingChannel:
        """A channel on which publishing waits for its confirm."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                channel = pika.BlockingConnection(next(self.ways)).channel()
                channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
                channel.confirm_delivery()
                return channel
            except (AMQPError, OSError):
                if time.monotonic() > deadline:
                    raise
                ended.wait(PAUSE)


def main(state: Path, queue: str) -> None:
    """Publish, and then count."""
    clients = Clients(state)
    channel, last, gap, reconnects = clients.channel(queue), time.monotonic(), 0.0, 0
    sent, told, confirmed = 0, 0, set[int]()
    for number in itertools.count():
        if ended.wait(PAUSE):
            break
        sent += 1
        while number not in confirmed:
            try:
                properties = pika.BasicProperties(delivery_mode=2)
                channel.basic_publish("", queue, str(number).encode(), properties, mandatory=True)
                confirmed.add(number)
            except (AMQPError, OSError):
                channel, reconnects = clients.channel(queue), reconnects + 1
        gap, last = max(gap, time.monotonic() - last), time.monotonic()
        if number == 0:
            print("publishing", flush=True)
        if reconnects > told:
            print("again", flush=True)
            told = reconnects
    found = received(clients, queue)
    answer = {
        "sent": sent,
        "confirmed": len(confirmed),
        "lost": len(confirmed - found.keys()),
        "twice": sum(count > 1 for count in found.values()),
        "reconnects": reconnects,
        "gap": round(gap, 2),
    }
    print(json.dumps(answer), flush=True)


def received(clients: Clients, queue: str) -> Counter[int]:
    """How often each message is in the queue, which is deleted."""
    channel, found = clients.channel(queue), Counter[int]()
    for method, _, body in channel.consume(queue, inactivity_timeout=QUIET):
        if method is None:
            break
        found[int(body)] += 1
        channel.basic_ack(method.delivery_tag)
    channel.queue_delete(queue)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
