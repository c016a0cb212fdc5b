"""A consumer, until Ctrl+C: `python -m exchanges.receive direct disk --file errors.log`."""

import argparse
import sys
from pathlib import Path
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel

from exchanges.scenarios import SCENARIOS, connect, declare, exchange


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m exchanges.receive")
    parser.add_argument("exchange", choices=SCENARIOS)
    parser.add_argument(
        "name", help="the receiver: console or disk; of the topic exchange orders, infos or all"
    )
    parser.add_argument("--file", type=Path, help="write there, a line for each message")
    given = parser.parse_args()
    keys = SCENARIOS[given.exchange].get(given.name)
    if keys is None:
        parser.error(f"{given.exchange} has {', '.join(SCENARIOS[given.exchange])}, and no {given.name}")
    out = given.file.open("a", encoding="utf-8") if given.file else sys.stdout

    def callback(channel: BlockingChannel, method: Any, properties: Any, body: bytes) -> None:
        print(f"{method.routing_key}: {body.decode()}", file=out, flush=True)
        # It is written: only now may the broker forget it.
        channel.basic_ack(delivery_tag=method.delivery_tag)

    with connect() as connection:
        channel = connection.channel()
        declare(channel, given.exchange)
        # A queue of this process alone, named by the broker. What is logged while nobody listens is not kept:
        # for that, give the queue a name and let it be durable, as `hello` in hello_rabbitmq is.
        queue = channel.queue_declare(queue="", exclusive=True).method.queue
        for key in keys:
            channel.queue_bind(queue=queue, exchange=exchange(given.exchange), routing_key=key)
        channel.basic_qos(prefetch_count=10)
        channel.basic_consume(queue=queue, on_message_callback=callback, auto_ack=False)
        print(f"{given.name} listens to {exchange(given.exchange)} by {said(keys)}", flush=True)
        try:
            channel.start_consuming()
        except KeyboardInterrupt:
            channel.stop_consuming()


def said(keys: tuple[str, ...]) -> str:
    return ", ".join(filter(None, keys)) or "whatever key"


if __name__ == "__main__":
    main()
