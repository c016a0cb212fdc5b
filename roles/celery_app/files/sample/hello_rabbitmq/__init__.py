"""Hello RabbitMQ: small scripts with pika, each to be run by `python -m hello_rabbitmq.<name>`."""
