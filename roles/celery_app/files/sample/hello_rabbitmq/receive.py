"""The consumer: `python -m hello_rabbitmq.receive [count]` prints the messages of the queue `hello`."""

import sys
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel

from hello_rabbitmq.connection import connect


def main() -> None:
    left = int(sys.argv[1]) if len(sys.argv) > 1 else None

    def callback(channel: BlockingChannel, method: Any, properties: Any, body: bytes) -> None:
        nonlocal left
        print(f"received: {body.decode()}", flush=True)
        # Only now may the broker forget the message: had this process died before, another would get it.
        channel.basic_ack(delivery_tag=method.delivery_tag)
        if left is not None:
            left -= 1
            if left == 0:
                channel.stop_consuming()

    with connect() as connection:
        channel = connection.channel()
        channel.queue_declare(queue="hello", durable=True, arguments={"x-queue-type": "quorum"})
        channel.basic_qos(prefetch_count=10)
        # Since pika 1.0 everything is a keyword: queue=, on_message_callback=, auto_ack= (was no_ack).
        channel.basic_consume(queue="hello", on_message_callback=callback, auto_ack=False)
        print("waiting for messages; Ctrl+C ends", flush=True)
        try:
            channel.start_consuming()
        except KeyboardInterrupt:
            channel.stop_consuming()


if __name__ == "__main__":
    main()
