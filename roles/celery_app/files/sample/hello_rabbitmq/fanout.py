"""A fanout exchange: every bound queue gets every message, whatever its routing key."""

from hello_rabbitmq.connection import bound_queue, connect, drain

EXCHANGE = "hello.fanout"


def main() -> dict[str, list[str]]:
    with connect() as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.exchange_declare(exchange=EXCHANGE, exchange_type="fanout", durable=True)
        queues = {
            "console": bound_queue(channel, EXCHANGE, ""),
            "file": bound_queue(channel, EXCHANGE, ""),
        }
        for key in ("error", "info"):
            channel.basic_publish(exchange=EXCHANGE, routing_key=key, body=key.encode())
        got = {name: drain(channel, queue) for name, queue in queues.items()}
        channel.exchange_delete(EXCHANGE)
    return got


if __name__ == "__main__":
    for name, bodies in main().items():
        print(f"{name}: {', '.join(bodies)}")
