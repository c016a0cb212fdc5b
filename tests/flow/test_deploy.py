"""New versions under load: put in use, refused, taken back, rolled back; no task is lost or run twice."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
import yaml

from tests.support import application
from tests.support.checkout import CLONE, Checkout
from tests.support.hosts import Host, Result
from tests.support.program import entries, program
from tests.support.service import HostService
from tests.support.wait import wait_until

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]

SOURCE, HOME = "/srv/app", "/opt/rabbitry"
PYTHON = f"{HOME}/venv/bin/python"
OURS = ("stack-worker-default", "stack-worker-second", "stack-beat", "stack-flower")
OTHERS = ("rabbitmq-server", "redis-server")
UP, DEPLOY, SOON = 300, 300, 60
DEADLINE = 30
LONG = 8
FEW_THOUSAND = 3000
DECISIONS = {
    "stack_app_source": SOURCE,
    "stack_longest_task": 60,
    "stack_app_deploy_deadline": DEADLINE,
    "stack_workers": [
        {"name": "default", "queues": ["default", "math"], "concurrency": 2},
        {"name": "second", "queues": ["default"], "concurrency": 2},
    ],
}
SUCCEEDED = re.compile(r"^(\d+\.\d+) .*Task sample\.tasks\.add\[([0-9a-f-]+)\] succeeded", re.M)
VERSION = """

@shared_task
def version() -> int:
    return {number}
"""
# Releases that import well and do not work: what they have in signals.py, and what is said of it.
BAD = {
    "blocks": (
        "@worker_init.connect\ndef block(**_):\n    threading.Event().wait(1000)\n",
        rf"is not ready after {DEADLINE} s",
    ),
    "consumes another queue": (
        "@celeryd_after_setup.connect\ndef other(instance, **_):\n"
        "    instance.app.amqp.queues.deselect('default')\n",
        rf"does not consume from queue default within {DEADLINE} s",
    ),
    "registers other tasks": (
        "@worker_init.connect\ndef other(sender, **_):\n    sender.app.tasks.pop('sample.tasks.slow')\n",
        "registers other tasks than its release declares: `sample.tasks.slow` is missing",
    ),
    "runs nothing": (
        "@worker_process_init.connect\ndef block(**_):\n    threading.Event().wait(1000)\n",
        rf"has begun no task within {DEADLINE} s: \d+ wait",
    ),
}
IMPORTS = (
    "import threading\nfrom celery.signals import celeryd_after_setup, worker_init, worker_process_init\n"
)


@dataclass
class Live:
    """A stack under a stream of tasks; `tasks` and `signals` are files of the application as they were."""

    checkout: Checkout
    ledger: str
    consumers: str
    cursor: str
    tasks: str
    signals: str

    @property
    def host(self) -> Host:
        return self.checkout.host

    def inv(self, *words: str, check: bool = True) -> Result:
        return self.checkout.inv(*words, seconds=DEPLOY, check=check)

    def pids(self, *names: str) -> dict[str, int]:
        return {name: HostService(self.host, name).pid() for name in names}

    def release(self) -> str:
        return self.host.run(["readlink", f"{HOME}/current"]).out.strip().rpartition("/")[2]

    def edit(self, number: int, signals: str = "") -> None:
        """Give the application another version: the task `version` that returns it, more in signals.py."""
        self.host.write(f"{SOURCE}/sample/tasks.py", self.tasks + VERSION.format(number=number))
        self.host.write(f"{SOURCE}/sample/signals.py", self.signals + (IMPORTS + signals if signals else ""))

    def version(self) -> Any:
        return application.result(self.host, application.send(self.host, "sample.tasks.version"))

    def told(self, name: str) -> str:
        """What the workers' logs say of a task."""
        return self.host.run(f"journalctl -o short-unix | grep {name}", seconds=120).out

    def ran(self) -> list[tuple[float, str]]:
        """When each task of the stream succeeded, in order, by the workers' logs."""
        units = [word for name in OURS[:2] for word in ("-u", name)]
        command = ["journalctl", f"--after-cursor={self.cursor}", "-o", "short-unix", *units]
        found = SUCCEEDED.findall(self.host.run(command, seconds=120).out)
        return sorted((float(when), name) for when, name in found)


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """A clone whose stack is up with a copy of the sample application, while tasks are sent all the time."""
    host = Host.start("trixie", "systemd", label="deploy")
    try:
        checkout = Checkout.clone_into(host)
        host.run(f"cp -r {CLONE}/roles/celery_app/files/sample {SOURCE}")
        host.write(f"{CLONE}/inventory/group_vars/local.yml", yaml.safe_dump(DECISIONS))
        tasks, signals = (host.read(f"{SOURCE}/sample/{name}.py") for name in ("tasks", "signals"))
        checkout.inv("up", seconds=UP)
        cursor = host.run("journalctl -n 0 --show-cursor").out.partition("cursor: ")[2].strip()
        start = "set -a; . /etc/rabbitry/celery.env; export PAUSE=0.02; exec"
        with ExitStack() as programs:
            ledger, consumers = (
                programs.enter_context(
                    program(host, name, f"{start} {PYTHON} /srv/{name}.py {words}", "celery")
                )
                for name, words in (("publisher", ""), ("consumers", "default"))
            )
            yield Live(checkout, ledger, consumers, cursor, tasks, signals)
    finally:
        host.remove()


def test_a_new_version_is_put_in_use_and_a_long_task_ends_in_peace(live: Live) -> None:
    assert "has no release from before this one" in live.inv("rollback", check=False).text
    others, before = live.pids(*OTHERS), live.pids(*OURS)
    live.edit(2)
    slow = application.send(live.host, "sample.tasks.slow", LONG)
    logs = f"journalctl -o cat -u {OURS[0]} -u {OURS[1]} | grep {slow}"
    wait_until(lambda: "working for" in live.host.run(logs, check=False).out, SOON, "the long task runs")
    said = live.inv("deploy").text
    assert "2 of 2 queues carried a task" in said
    assert live.version() == 2
    assert application.result(live.host, slow) == LONG
    assert [live.host.run(logs).out.count(word) for word in ("working for", "succeeded")] == [1, 1]
    assert live.pids(*OTHERS) == others
    assert not set(before.values()) & set(live.pids(*OURS).values())


def test_up_after_it_changes_nothing(live: Live) -> None:
    pids = live.pids(*OURS)
    assert "note:" not in live.inv("up").text
    assert live.checkout.changed() == 0
    assert "= Describe" in live.inv("up").text and "Application" not in live.inv("up").text
    live.inv("up", "--full")
    assert live.checkout.changed() == 0
    assert live.pids(*OURS) == pids


def test_what_needs_more_than_a_deployment_is_left_to_up(live: Live) -> None:
    path, release = f"{CLONE}/inventory/group_vars/local.yml", live.release()
    live.host.write(path, yaml.safe_dump({**DECISIONS, "stack_prefetch": 8}))
    said = live.inv("deploy", check=False).text
    live.host.write(path, yaml.safe_dump(DECISIONS))
    assert "from what `up` brought: the variables changed" in said and "hint: ./inv up" in said
    assert "there is `app`" in live.inv("deploy", "shop", check=False).text
    assert live.release() == release


def test_a_release_that_does_not_import_changes_nothing(live: Live) -> None:
    pids, release = live.pids(*OURS), live.release()
    live.edit(3, "import not_there_at_all\n")
    done = live.inv("deploy", check=False)
    assert done.rc == 1
    assert "`sample` cannot be imported" in done.text and "not_there_at_all" in done.text
    assert (live.pids(*OURS), live.release()) == (pids, release)


@pytest.mark.parametrize("kind", BAD)
def test_a_release_that_does_not_work_is_taken_back(live: Live, kind: str) -> None:
    signals, reason = BAD[kind]
    others, before = live.pids(*OTHERS, *OURS[1:]), live.release()
    live.edit(4, signals)
    done = live.inv("deploy", check=False)
    assert done.rc == 1
    assert re.search(
        rf"release `(\w+)` was taken back and release `{before}` runs again: .*{reason}", done.text
    )
    assert "hint: journalctl -u stack-worker-default" in done.text
    # The end of its log.
    assert re.search(r"\n\n  .*\n\nhint:", done.text, re.S)
    assert live.release() == before
    # Nobody else was touched: the first worker that does not work ends it.
    assert live.pids(*OTHERS, *OURS[1:]) == others
    assert live.version() == 2


def test_up_leaves_it_at_what_works(live: Live) -> None:
    pids, release = live.pids(*OURS, *OTHERS), live.release()
    assert f"stays at release `{release}` until the source changes" in live.inv("up").text
    assert live.pids(*OURS, *OTHERS) == pids and live.release() == release


def test_rolling_back_leads_to_the_version_before_and_up_leaves_it_at_that(live: Live) -> None:
    live.edit(5)
    live.inv("deploy")
    assert live.version() == 5
    fifth, others = live.release(), live.pids(*OTHERS)
    said = live.inv("rollback").text
    assert "2 of 2 queues carried a task" in said
    assert live.version() == 2
    pids = live.pids(*OURS)
    said = live.inv("up").text
    assert live.checkout.changed() == 0
    assert f"since `{fifth}` was rolled back" in said and "./inv deploy" in said
    live.inv("up", "--full")
    assert live.checkout.changed() == 0
    assert live.pids(*OURS, *OTHERS) == {**pids, **others}
    # Further back is the version that `up` brought, which knows no task of that name.
    live.inv("rollback")
    assert "version" not in live.host.read(f"{HOME}/current/sample/tasks.py")
    assert "has no release from before this one" in live.inv("rollback", check=False).text
    live.inv("rollback", "--to", fifth[:6])
    assert live.release() == fifth and live.version() == 5
    shown = live.inv("deploy", "--list").out
    assert re.search(rf"^\* +localhost +{fifth[:8]} .* rollback", shown, re.M)
    assert (
        json.loads(live.inv("status", "--json").out)["releases"]["localhost"]["app"]["uses"][-1]["by"]
        == "rollback"
    )


def test_the_queue_was_never_without_a_consumer(live: Live) -> None:
    seen = entries(live.host, live.consumers, "consumers")
    assert len(seen) > 10
    assert set(seen) == {"1", "2"}
    ran = [when for when, _ in live.ran()]
    gap = max(later - before for before, later in pairwise(ran))
    print(f"\n{len(ran)} tasks run, the longest gap between two {gap:.2f} s")
    assert gap < LONG


def test_a_changed_source_is_deployed_by_up_again(live: Live) -> None:
    live.edit(6)
    assert "note:" not in live.inv("up").text
    assert live.version() == 6
    assert live.inv("smoke").rc == 0 and live.inv("doctor").rc == 0


def test_no_task_of_the_stream_was_lost_or_ran_twice(live: Live) -> None:
    enough = max(FEW_THOUSAND, len(entries(live.host, live.ledger, "confirmed")) + 100)
    wait_until(
        lambda: len(entries(live.host, live.ledger, "confirmed")) > enough, 300, "the stream goes on", 1
    )
    confirmed = entries(live.host, live.ledger, "confirmed")
    wait_until(lambda: {name for _, name in live.ran()} >= set(confirmed), SOON, "every task has run", 1)
    counts = Counter(name for _, name in live.ran())
    twice = {name: live.told(name) for name, count in counts.items() if count > 1}
    print(f"\nsent {len(confirmed)}, run {sum(counts[name] for name in confirmed)}, lost 0")
    assert entries(live.host, live.ledger, "lost") == []
    assert twice == {}
