"""The stack's model as data: every `stack_*` variable with its type, its bounds and one sentence."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import DECISIONS
from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec_app import SOURCE
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec_broker import BROKER
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec_containers import CONTAINERS
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec_release import RELEASE
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec_worker import WEEK, WORKER, number


class Port(NamedTuple):
    """A port of the stack: the variable that decides it, the group whose hosts listen on it, and for what."""

    variable: str
    group: str
    purpose: str


# The number is the default where a role, not the model, decides.
PORTS = (
    Port("stack_amqp_port", "brokers", "AMQP"),
    Port("stack_management_port", "brokers", "the management API"),
    Port("rabbitmq_distribution_port", "brokers", "the broker's command line tools"),
    Port("stack_redis_port", "backends", "Redis"),
    Port("stack_sentinel_port", "backends", "Sentinel"),
)
DISTRIBUTION_PORT = 25672
EPMD_PORT = 4369

GROUPS = {
    "brokers": "runs RabbitMQ",
    "backends": "runs Redis",
    "workers": "runs the Celery workers",
    "scheduler": "runs beat",
    "dashboard": "runs Flower",
}


def _port(description: str, example: int) -> Option:
    return Option(type="int", description=description, minimum=1, maximum=65535, example=str(example))


def _password(description: str) -> Option:
    return Option(description=description, form="password", secret=True)


STACK = (
    BROKER
    | CONTAINERS
    | SOURCE
    | RELEASE
    | {
        "stack_env": Option(description="the environment's name", form="environment", example="local"),
        "stack_state_dir": Option(
            type="path", description="where the controller keeps this environment's generated files"
        ),
        "stack_bind": Option(
            description="the address that everything listens on", form="address", example="127.0.0.1"
        ),
        "stack_address": Option(
            description="where other hosts find this one", form="address", example="10.0.0.5"
        ),
        "stack_amqp_port": _port("the broker's port for AMQP", 5672),
        "stack_management_port": _port("the broker's port for the management API", 15672),
        "stack_redis_port": _port("the port of Redis", 6379),
        "stack_sentinel_port": _port("the port of Sentinel, where several hosts run Redis", 26379),
        "stack_flower_port": _port("the port of Flower", 5555),
        "stack_rabbitmq_source": Option(
            description="where RabbitMQ's packages come from",
            choices=("distribution", "vendor"),
            example="distribution",
        ),
        "stack_rabbitmq_vendor_url": Option(
            description="the repository that has the vendor's packages, or a mirror of it",
            empty=True,
            example="https://mirror.example.org",
        ),
        "stack_rabbitmq_vendor_key": Option(
            type="path",
            description="the key that signs it; empty is the vendor's",
            empty=True,
            example="key.asc",
        ),
        "stack_rabbitmq_vendor_version": Option(
            description="the release of RabbitMQ", form="version", example="4.2.10"
        ),
        "stack_rabbitmq_vendor_erlang_version": Option(
            description="the release of Erlang that it runs on", form="version", example="27.3.4"
        ),
        "stack_vhost": Option(
            description="the application's virtual host", form="broker name", example="app"
        ),
        "stack_user": Option(
            description="the application's account at the broker", form="broker name", example="app"
        ),
        "stack_admin_user": Option(description="the broker's administrator", form="login", example="admin"),
        "stack_monitor_user": Option(
            description="the account that reads the broker's state", form="login", example="monitor"
        ),
        "stack_flower_user": Option(
            description="the account of Flower's pages", form="login", example="flower"
        ),
        "stack_app_keep_releases": number("releases that stay on a host", 3, minimum=2, maximum=100),
        "stack_app_deploy_deadline": number("seconds that a worker of a new release gets", 60, maximum=3600),
        "stack_home": Option(
            type="path",
            description="where the application is installed; empty is the platform's own place",
            form="absolute path",
            empty=True,
            example="/opt/rabbitry",
        ),
        "stack_celery_set": Option(
            description="the pinned set of Celery packages", choices=("5.6", "5.7"), example='"5.7"'
        ),
        "stack_queue_type": Option(
            description="the type of the queues", choices=("quorum", "classic"), example="quorum"
        ),
        "stack_quorum_group_size": number(
            "on how many of several brokers a quorum queue is", 3, minimum=0, maximum=9
        ),
        "stack_exchange": Option(
            description="the topic exchange that tasks are published to", form="queue", example="tasks"
        ),
        "stack_queues": Option(
            type="list",
            description="the queues of the application",
            elements=Option(description="the name of a queue", form="queue", example="default"),
            example="[default]",
        ),
        "stack_workers": Option(
            type="list",
            description="the workers and what they consume",
            elements=Option(
                type="dict",
                description="a worker",
                options=WORKER,
                example="{name: default, queues: [default]}",
            ),
            example="[{name: default, queues: [default]}]",
        ),
        "stack_prefetch": number("tasks that a worker process reserves", 4, minimum=0, maximum=65535),
        "stack_longest_task": number("seconds that the longest task may run", 300, maximum=WEEK),
        "stack_beat_enabled": Option(type="bool", description="whether beat runs", example="true"),
        "stack_flower_enabled": Option(type="bool", description="whether Flower runs", example="true"),
        "stack_shell_path_users": Option(
            type="list",
            description="users whose dotfiles put the tools on PATH",
            elements=Option(description="the name of a user", form="login", example="dev"),
            empty=True,
            example="[dev]",
        ),
        "stack_open_files": number("files that the broker may hold open", 65536, minimum=1024, maximum=2**20),
        "stack_memory_high_watermark": Option(
            type="raw", description="where the broker blocks publishers", form="watermark", example="0.4"
        ),
        "stack_disk_free_limit": Option(
            type="raw",
            description="free disk space below which the broker blocks publishers",
            form="size",
            example="200MB",
        ),
        "stack_erlang_cookie": Option(
            description="the secret by which several brokers know each other",
            form="cookie",
            secret=True,
            empty=True,
        ),
        "stack_app_password": _password("the application's password at the broker"),
        "stack_admin_password": _password("the administrator's password"),
        "stack_monitor_password": _password("the monitoring account's password"),
        "stack_redis_password": _password("the password of Redis"),
        "stack_flower_password": _password("the password of Flower's pages"),
    }
)

# An application among several: its name, and the decisions of the only one by shorter names.
APP = {
    "name": Option(
        description="its name, part of its services' names", form="application", required=True, example="shop"
    ),
    **{key: STACK[variable] for key, variable in DECISIONS.items()},
    "db": number("the number of its database at Redis", 1, minimum=0, maximum=15),
}
STACK["stack_apps"] = Option(
    type="list",
    description="the applications, where there are several",
    elements=Option(type="dict", description="an application", options=APP, example="{name: shop}"),
    empty=True,
    example="[{name: shop}]",
)
