"""What beat promises."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rabbitry import processes
from rabbitry.clients import Clients
from rabbitry.deadline import Deadline, until
from rabbitry.letters import Letters
from rabbitry.model import Stack
from rabbitry.promise import Broken

TICKS = "rabbitry:ticks"
LATE = 3.0
MARGIN = 0.8


@pytest.mark.promise(deadline=20.0, needs=("amqp", "publishing", "redis"))
def test_beat_ticks_in_time_and_is_the_only_one(letters: Letters, clients: Clients, stack: Stack) -> None:
    if stack.app.beat is None:
        pytest.skip("this stack has no beat")
    beat, store = stack.app.beat, clients.redis()
    letters.send()
    start = store.time()[0] - letters.age

    def ticks() -> list[dict[str, Any]]:
        return [json.loads(each) for each in store.lrange(TICKS, 0, -1)]

    def patience() -> Deadline:
        return Deadline(max(0.0, beat.tick + LATE - letters.age))

    if not until(lambda: senders(ticks(), start), patience()):
        queue = stack.app.queues[0]
        if not letters.answered(queue):
            raise Broken(f"not tried: nobody answers from queue {queue}, so a tick would not be seen")
        last = max((tick["time"] for tick in ticks()), default=None)
        said = "it never has" if last is None else f"the last tick is {time.time() - last:.0f} s old"
        raise Broken(
            f"{beat.service} has not ticked within {beat.tick + LATE:.0f} s: {said}", service=beat.service
        )
    # A second beat that was just started has its first tick a whole interval later.
    until(lambda: letters.age > beat.tick + MARGIN, patience())
    if len(senders(ticks(), start - beat.tick)) == 1:
        return
    # Two senders: a beat that was restarted has gone silent, one of two goes on. Another round tells.
    mark = store.time()[0]
    until(lambda: len(senders(ticks(), mark)) > 1, Deadline(beat.tick + MARGIN))
    both = senders(ticks(), mark)
    if len(both) > 1:
        raise Broken(f"{len(both)} beats are ticking: {' and '.join(sorted(both))}", service=beat.service)


@pytest.mark.promise(deadline=12.0)
def test_no_other_beat_of_the_application_runs(stack: Stack, pythons: dict[str, list[str]]) -> None:
    """One started by hand sends every scheduled task a second time, and not our tick."""
    if stack.app.beat is None or not (stack.is_local or pythons):
        pytest.skip("the processes of the hosts cannot be seen from here")
    with ThreadPoolExecutor(8) as pool:
        seen = dict(zip(pythons, pool.map(processes.running_there, pythons.values()), strict=True))
    if any(host.is_local for host in stack.hosts):
        seen[""] = processes.running()
    for host, running in seen.items():
        for pid in processes.beats(running, stack.app.module):
            look = f"ps -fp {pid}; sudo kill {pid}"
            other = f"process {pid} on {host}" if host else f"process {pid}"
            raise Broken(
                f"another beat of `{stack.app.module}` runs beside {stack.app.beat.service}: {other}",
                service=stack.app.beat.service,
                hint=f"ssh -t {host} '{look}'" if host else look,
            )


def senders(ticks: list[dict[str, Any]], since: float) -> set[str]:
    """The processes that sent a tick after a point in time."""
    return {str(tick["origin"]) for tick in ticks if tick["time"] >= since}
