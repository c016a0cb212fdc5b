"""The producer: `python -m exchanges.emit direct error "disk full"` sends one line by one routing key."""

import argparse

import pika

from exchanges.scenarios import SCENARIOS, connect, exchange


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m exchanges.emit")
    parser.add_argument("exchange", choices=SCENARIOS)
    parser.add_argument("key", help="routing key: error, order.info, …")
    parser.add_argument("text")
    given = parser.parse_args()
    with connect() as connection:
        channel = connection.channel()
        # With confirms and `mandatory`, what no queue takes is an error; without, it is lost in silence.
        channel.confirm_delivery()
        try:
            channel.basic_publish(
                exchange=exchange(given.exchange),
                routing_key=given.key,
                body=given.text.encode(),
                mandatory=True,
            )
        # No queue takes it; or no receiver was ever there, and so no exchange.
        except (pika.exceptions.UnroutableError, pika.exceptions.ChannelClosedByBroker):
            print(f"nobody listens to {given.key}: lost")
            return 1
    print(f"sent by {given.key}: {given.text}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
