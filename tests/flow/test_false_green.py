"""Whatever breaks on a running stack turns smoke red within its deadline, and the output names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.checkout import Checkout
from tests.support.service import HostService
from tests.support.wait import wait_until

pytestmark = pytest.mark.hosts

# Smoke's own promise is 15 s when all is well; what is broken may cost its probes their deadlines.
RED_WITHIN, GREEN_WITHIN = 60, 90

Action = Callable[[Checkout], object]


@dataclass(frozen=True)
class Break:
    """A fault, how it is undone, and the words one of which smoke must say."""

    name: str
    do: Action
    undo: Action
    says: str


def shell(command: str) -> Action:
    return lambda checkout: checkout.host.run(command, seconds=90)


def service(name: str, verb: str) -> Action:
    return lambda checkout: getattr(HostService(checkout.host, name), verb)()


def signalled(name: str, signal: str) -> Action:
    return lambda checkout: HostService(checkout.host, name).signal(signal)


def up(checkout: Checkout) -> object:
    return checkout.inv("up", seconds=180)


def stopped(name: str, says: str) -> Break:
    return Break(f"{name}_is_stopped", service(name, "stop"), service(name, "start"), says)


# The app's environment for one-off commands, as a service of it gets it.
CELERY = (
    "set -a; . /etc/rabbitry/celery.env; set +a; cd /opt/rabbitry/current"
    " && /opt/rabbitry/venv/bin/celery -A sample"
)
REDIS = "REDISCLI_AUTH=$(cat /root/rabbitry/.state/local/secrets/redis) redis-cli"
SECOND_BEAT = f"{CELERY} beat --detach -s /tmp/beat2 --pidfile=/tmp/beat2.pid --logfile=/tmp/beat2.log"

BREAKS = [
    stopped("rabbitmq-server", "rabbitmq"),
    stopped("redis-server", "redis"),
    stopped("stack-worker-default", "stack-worker-default"),
    stopped("stack-beat", "beat"),
    stopped("stack-flower", "flower"),
    Break(
        "a_worker_lives_but_does_nothing",
        signalled("stack-worker-default", "STOP"),
        signalled("stack-worker-default", "CONT"),
        "stack-worker-default",
    ),
    Break(
        "beat_lives_but_does_nothing",
        signalled("stack-beat", "STOP"),
        signalled("stack-beat", "CONT"),
        "beat",
    ),
    Break(
        "a_memory_alarm",
        shell("rabbitmqctl -q set_vm_memory_high_watermark 0.0001"),
        shell("rabbitmqctl -q set_vm_memory_high_watermark 0.4"),
        "memory",
    ),
    Break(
        "a_disk_alarm",
        shell("rabbitmqctl -q set_disk_free_limit 900000GB"),
        shell("rabbitmqctl -q set_disk_free_limit 200MB"),
        "disk",
    ),
    Break(
        "a_queue_lost_its_consumer_while_the_process_lives",
        shell(f"{CELERY} control cancel_consumer math"),
        shell(f"{CELERY} control add_consumer math"),
        "math",
    ),
    Break("the_app_may_not_log_in", shell("rabbitmqctl -q change_password app other"), up, "app"),
    Break("the_monitor_may_not_log_in", shell("rabbitmqctl -q change_password monitor other"), up, "monitor"),
    Break(
        "redis_takes_no_password",
        shell(f"{REDIS} ACL SETUSER default nopass"),
        service("redis-server", "restart"),
        "redis",
    ),
    Break(
        "guest_is_back",
        shell("rabbitmqctl -q add_user guest guest"),
        shell("rabbitmqctl -q delete_user guest"),
        "guest",
    ),
    Break("a_second_beat", shell(SECOND_BEAT), shell('kill "$(cat /tmp/beat2.pid)"'), "beat"),
]


@pytest.mark.parametrize("fault", BREAKS, ids=lambda fault: fault.name)
def test_smoke_goes_red_and_says_why(running: Checkout, fault: Break) -> None:
    fault.do(running)
    try:
        result = running.inv("smoke", seconds=RED_WITHIN, check=False)
    finally:
        fault.undo(running)
    assert result.rc not in (0, 124), result
    assert fault.says in result.text.lower(), result
    assert "Traceback" not in result.text, result


def test_smoke_is_green_when_all_is_mended(running: Checkout) -> None:
    wait_until(
        lambda: running.inv("smoke", seconds=RED_WITHIN, check=False).rc == 0,
        GREEN_WITHIN,
        "smoke is green again",
    )
