"""A task comes back, also when its worker was killed or told to stop while it ran."""

from __future__ import annotations

from collections.abc import Callable

from tests.support import application
from tests.support.remote import Remote
from tests.support.service import HostService
from tests.support.wait import wait_until

NAME = "stack-worker-default"
Face = Callable[[str], HostService]


def start_task(machine: Remote, worker: HostService, seconds: int) -> str:
    """Send a task that takes `seconds`, and return its id once the idle worker has it."""
    task = application.send(machine, "rabbitry.probe.sleep", seconds)
    wait_until(lambda: received(worker, task), 30, f"the worker has {task}")
    return task


def received(worker: HostService, task: str) -> int:
    """Count how often the worker says that it received the task."""
    return worker.logs(200).count(f"rabbitry.probe.sleep[{task}] received")


def test_a_task_sent_by_a_client_comes_back(machine: Remote) -> None:
    task = application.send(machine, "rabbitry.probe.add", 2, 40)
    assert application.result(machine, task) == 42


def test_the_applications_own_tasks_are_known(machine: Remote) -> None:
    task = application.send(machine, "sample.tasks.add", 2, 40)
    assert application.result(machine, task) == 42


def test_the_task_of_a_killed_worker_is_run_again(machine: Remote, service: Face) -> None:
    worker = service(NAME)
    task = start_task(machine, worker, 8)
    pid = worker.pid()
    worker.signal("KILL")
    assert application.result(machine, task, seconds=60) == 8
    assert worker.pid() not in (0, pid)
    assert received(worker, task) == 2


def test_a_stop_waits_for_the_task_that_runs(machine: Remote, service: Face) -> None:
    worker = service(NAME)
    task = start_task(machine, worker, 8)
    worker.stop()
    assert not worker.is_running()
    assert application.result(machine, task, seconds=1) == 8
    worker.start()
    assert application.result(machine, application.send(machine, "rabbitry.probe.add", 1, 1), 60) == 2


def test_it_runs_as_its_account_and_comes_back_at_boot(machine: Remote, service: Face) -> None:
    worker = service(NAME)
    assert worker.is_enabled()
    assert machine.run(["stat", "-c", "%U", f"/proc/{worker.pid()}"]).out.strip() == "celery"


def test_a_worker_that_is_no_longer_described_ends(
    machine: Remote, service: Face, converge: Callable[..., int]
) -> None:
    two = [{"name": name, "queues": ["default"], "concurrency": 1} for name in ("default", "second")]
    pid = service(NAME).pid()
    assert converge(celery_worker_workers=two) == 1
    # Ready at once; supervisord calls it up when it has stayed for three seconds.
    wait_until(service("stack-worker-second").is_running, 30, "the second worker is up")
    assert converge() == 1
    assert not service("stack-worker-second").is_running()
    assert service(NAME).pid() == pid
