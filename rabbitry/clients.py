"""The real clients of a running stack (pika, Celery, Redis, HTTP), each with short timeouts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rabbitry import sentinels
from rabbitry.endpoint import Endpoint
from rabbitry.model import Account, Stack
from rabbitry.page import ANSWER_TIMEOUT, Refused, Response, get
from rabbitry.promise import Alarm

if TYPE_CHECKING:
    import pika
    import redis
    from celery import Celery

CONNECT_TIMEOUT = 2.0

# What they log about a lost connection is said in one sentence by `cause`.
for _name in ("pika", "amqp", "kombu", "celery"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Clients:
    """Makes clients from the stack's endpoints and accounts; `secrets` maps secret names to passwords.

    They are those of its first application. `ways` says by an endpoint's name (see `Stack.ends`) where to
    connect for it, where that is another address than its own.
    """

    def __init__(
        self, stack: Stack, secrets: Mapping[str, str], ways: Mapping[str, tuple[str, int]] | None = None
    ) -> None:
        self.stack = stack
        self.secrets = secrets
        self.ways = ways or {}

    def _way(self, name: str) -> Endpoint:
        """Where to connect for an endpoint."""
        endpoint = self.stack.ends()[name]
        host, port = self.ways.get(name, (endpoint.host, endpoint.port))
        return Endpoint(host, port, endpoint.on)

    def password(self, account: Account) -> str:
        """The account's password."""
        return self.secrets[account.secret]

    def amqp(self, username: str | None = None, password: str | None = None) -> pika.BlockingConnection:
        """An AMQP connection to the application's vhost, as the application's user unless told otherwise."""
        import pika

        account = self.stack.app.account
        endpoint = self._way("amqp")
        name = account.username if username is None else username
        return pika.BlockingConnection(
            pika.ConnectionParameters(
                host=endpoint.host,
                port=endpoint.port,
                virtual_host=self.stack.app.vhost,
                credentials=pika.PlainCredentials(
                    name, self.password(account) if password is None else password
                ),
                connection_attempts=1,
                socket_timeout=CONNECT_TIMEOUT,
                stack_timeout=CONNECT_TIMEOUT + 1,
                # Under an alarm the broker stops reading: without this a publisher waits for ever.
                blocked_connection_timeout=CONNECT_TIMEOUT,
                heartbeat=0,
                client_properties={"connection_name": "rabbitry smoke"},
            )
        )

    @cached_property
    def store(self) -> Endpoint:
        """Where Redis takes writes: of several the master, as the first sentinel that answers has it."""
        group = self.stack.replication
        if group is None:
            return self._way("redis")
        ways = [self._way(f"sentinel/{one.on}") for one in group.sentinels]
        address = sentinels.master_of(group.master, ways, self.password(self.stack.accounts["redis"]))
        node = next((one for one in group.nodes if one.host == address), group.nodes[0])
        return self._way(f"redis/{node.on}")

    def sentinel(self, host: str) -> dict[str, Any]:
        """What the sentinel of a host says of the master; raises redis.RedisError."""
        group = self.stack.replication
        if group is None:
            raise ValueError("this stack has one Redis")
        account = self.stack.accounts["redis"]
        return sentinels.facts(self._way(f"sentinel/{host}"), group.master, self.password(account))

    def redis(self, **overrides: Any) -> redis.Redis:
        """A Redis client; `overrides` are redis-py's own arguments (`password=None` for a stranger)."""
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        endpoint, account = self.store, self.stack.accounts["redis"]
        known: dict[str, Any] = {
            "host": endpoint.host,
            "port": endpoint.port,
            "db": self.stack.app.db,
            "username": account.username or None,
            "password": self.password(account),
            "socket_connect_timeout": CONNECT_TIMEOUT,
            "socket_timeout": ANSWER_TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            "decode_responses": True,
        }
        return redis.Redis(**(known | overrides))

    @cached_property
    def celery(self) -> Celery:
        """A Celery client of the application: the declared exchange, queues, confirms and result backend.

        It declares nothing itself: a missing queue must be seen, not repaired.
        """
        from celery import Celery
        from kombu import Exchange, Queue

        app = self.stack.app
        amqp, store = self._way("amqp"), self.store
        login, store_login = (_login(self, one) for one in (app.account, self.stack.accounts["redis"]))
        exchange = Exchange(app.exchange, type="topic", no_declare=True)
        kind = {"x-queue-type": app.queue_type}
        client = Celery("rabbitry", set_as_current=False)
        client.conf.update(
            broker_url=f"amqp://{login}@{amqp}/{app.path}",
            result_backend=f"redis://{store_login}@{store}/{app.db}",
            task_queues=[
                Queue(name, exchange, routing_key=name, queue_arguments=kind, no_declare=True)
                for name in app.queues
            ],
            task_default_queue=app.queues[0],
            task_default_exchange=app.exchange,
            task_default_exchange_type="topic",
            task_default_routing_key=app.queues[0],
            task_create_missing_queues=False,
            task_publish_retry=False,
            broker_connection_timeout=CONNECT_TIMEOUT,
            broker_transport_options={
                "confirm_publish": True,
                "max_retries": 0,
                "read_timeout": ANSWER_TIMEOUT,
                "write_timeout": ANSWER_TIMEOUT,
            },
            broker_pool_limit=1,
            # Letters are sent from threads, which must share one result backend.
            result_backend_thread_safe=True,
            redis_socket_connect_timeout=CONNECT_TIMEOUT,
            redis_socket_timeout=ANSWER_TIMEOUT,
            result_backend_transport_options={"retry_policy": {"max_retries": 0, "timeout": ANSWER_TIMEOUT}},
        )
        # A result that outlives the run would be cancelled while the interpreter ends, with a traceback.
        client.backend.remove_pending_result = lambda result: result
        return client

    def forget_celery(self) -> None:
        """Drop the Celery client: after an error its channel is closed, the next use makes a new one."""
        self.__dict__.pop("celery", None)

    def management(self, path: str, *, expect: tuple[int, ...] = (200,)) -> Any:
        """GET /api/<path> of RabbitMQ's management as the monitoring user; the JSON answer."""
        account = self.stack.accounts["monitor"]
        response = get(self._way("management"), f"/api/{path}", account.username, self.password(account))
        if response.status not in expect:
            raise Refused("the management API", f"/api/{path}", response.status, account.username)
        return response.json()

    def flower(self, path: str, *, login: bool = True) -> Response:
        """GET a page of Flower, with its user's password or as a stranger."""
        name = self.stack.app.name
        if self.stack.app.flower is None:
            raise ValueError(f"the application `{name}` has no Flower")
        account = self.stack.accounts["flower"]
        words = (account.username, self.password(account)) if login else ()
        return get(self._way(f"flower/{name}"), path, *words)

    def check_alarms(self) -> None:
        """Raise Alarm when the broker reports one; it blocks every publisher."""
        alarms = self.management("health/checks/alarms", expect=(200, 503)).get("alarms", [])
        if alarms:
            names = " and ".join(sorted({str(alarm["resource"]).replace("_", " ") for alarm in alarms}))
            raise Alarm(
                f"rabbitmq-server raises its {names} alarm: publishers are blocked",
                service="rabbitmq-server",
                hint="./inv status",
            )


def _login(clients: Clients, account: Account) -> str:
    return f"{quote(account.username, safe='')}:{quote(clients.password(account), safe='')}"
