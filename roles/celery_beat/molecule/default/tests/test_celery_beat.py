"""Beat ticks, ticks again after it was killed, and never beside another beat."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

from tests.support import application
from tests.support.remote import Remote
from tests.support.service import HostService
from tests.support.wait import wait_until

NAME = "stack-beat"
# Seconds between two ticks.
PERIOD = 5.0
TICKS = 'print(json.dumps([t.decode() for t in app.backend.client.lrange("rabbitry:ticks", 0, -1)]))'
SECOND = (
    "cd /opt/rabbitry/current && set -a && . /etc/rabbitry/celery.env && exec /opt/rabbitry/venv/bin/celery"
    " -A sample beat -s /tmp/second -S rabbitry_beat:scheduler --pidfile="
)


def ticks(machine: Remote) -> list[dict[str, Any]]:
    """Return the last ticks that a worker got, oldest first: when each was sent, and by which process."""
    return [json.loads(tick) for tick in application.python(machine, application.CLIENT + TICKS)]


def origins(machine: Remote) -> list[str]:
    return [tick["origin"] for tick in ticks(machine)]


def test_a_tick_arrives(machine: Remote) -> None:
    wait_until(lambda: ticks(machine), 30, "a tick arrives")


def test_a_killed_beat_ticks_again_and_only_once_a_period(
    machine: Remote, service: Callable[[str], HostService]
) -> None:
    beat = service(NAME)
    old, pid = origins(machine)[-1], beat.pid()
    beat.signal("KILL")
    wait_until(lambda: sum(origin != old for origin in origins(machine)) >= 3, 60, "three new ticks arrive")
    assert beat.pid() not in (0, pid)
    found = ticks(machine)
    new = [tick for tick in found if tick["origin"] != old]
    assert len({tick["origin"] for tick in new}) == 1
    assert found[-len(new) :] == new, "the killed one ticks no more"
    gaps = [later["time"] - earlier["time"] for earlier, later in itertools.pairwise(new)]
    assert all(abs(gap - PERIOD) < 1 for gap in gaps), gaps


def test_a_second_beat_is_refused(machine: Remote) -> None:
    answer = machine.run(SECOND, user="celery", check=False, seconds=30)
    assert answer.rc == 1 and "another beat" in answer.text, str(answer)


def test_it_remembers_its_schedule_where_it_was_told(
    machine: Remote, service: Callable[[str], HostService], converge: Callable[..., int]
) -> None:
    assert service(NAME).is_enabled()
    converge(celery_beat_schedule_dir="/var/lib/elsewhere")
    # What the file is called depends on the database that this Python has.
    look = ["ls", "-A", "/var/lib/elsewhere"]
    wait_until(lambda: "schedule" in machine.run(look).out, 30, "the schedule is written")
    assert machine.run(look, user="nobody", check=False).rc != 0
