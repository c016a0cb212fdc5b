"""The producer: `python -m hello_rabbitmq.send [text]` puts one message into the queue `hello`."""

import sys

import pika

from hello_rabbitmq.connection import connect


def main() -> None:
    text = " ".join(sys.argv[1:]) or "Hello RabbitMQ"
    with connect() as connection:
        channel = connection.channel()
        channel.queue_declare(queue="hello", durable=True, arguments={"x-queue-type": "quorum"})
        # With confirms, publishing returns once the broker has the message on disk, or raises an error;
        # without them, a message to nowhere is lost in silence.
        channel.confirm_delivery()
        channel.basic_publish(
            exchange="",
            routing_key="hello",
            body=text.encode(),
            properties=pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
            mandatory=True,
        )
    print(f"sent: {text}")


if __name__ == "__main__":
    main()
