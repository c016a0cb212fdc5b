"""A topic exchange: bound by patterns of words, where `*` is one word and `#` any number of them."""

from hello_rabbitmq.connection import bound_queue, connect, drain

EXCHANGE = "hello.topic"


def main() -> dict[str, list[str]]:
    with connect() as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.exchange_declare(exchange=EXCHANGE, exchange_type="topic", durable=True)
        queues = {
            "user.*": bound_queue(channel, EXCHANGE, "user.*"),
            "*.info": bound_queue(channel, EXCHANGE, "*.info"),
            "order.#": bound_queue(channel, EXCHANGE, "order.#"),
        }
        for key in ("order.info", "user.error", "user.info", "order.paid.late"):
            channel.basic_publish(exchange=EXCHANGE, routing_key=key, body=key.encode())
        got = {name: drain(channel, queue) for name, queue in queues.items()}
        channel.exchange_delete(EXCHANGE)
    return got


if __name__ == "__main__":
    for name, bodies in main().items():
        print(f"{name}: {', '.join(bodies)}")
