"""Processes are told apart by whose they are and ended by their id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import processes
from ansible_collections.rabbitry.stack.plugins.module_utils.processes import Process

STUBBORN = (
    "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); sys.stdin.read()"
)
GENTLE = "import sys; print(flush=True); sys.stdin.read()"
CONFIGURATION = "/etc/rabbitry/supervisord.conf"


class FakeProc:
    """A /proc of made-up processes, all of this user."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.add(os.getpid(), "python")
        (root / "self").symlink_to(str(os.getpid()))
        (root / "cpuinfo").touch()

    def add(
        self, pid: int, name: str, *words: str, env: str = "", namespaces: int = 1, parent: int = 1
    ) -> None:
        path = self.root / str(pid)
        path.mkdir()
        (path / "status").write_text(f"Name:\t{name}\nNSpid:\t" + "\t".join([str(pid)] * namespaces) + "\n")
        (path / "stat").write_text(f"{pid} ({name}) S {parent} " + " ".join(str(n) for n in range(5, 30)))
        (path / "cmdline").write_text("\0".join(words or (name,)) + "\0")
        (path / "environ").write_text(f"HOME=/\0{env}\0")

    def leftovers(self, uids: set[int], epmd: bool = False) -> list[int]:
        return [p.pid for p in processes.leftovers(uids, epmd, CONFIGURATION, self.root)]


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    return FakeProc(tmp_path)


def test_the_supervisor_comes_before_what_it_would_start_again(proc: FakeProc) -> None:
    proc.add(900001, "python", env="RABBITRY_SERVICE=stack-beat")
    proc.add(900002, "supervisord", "supervisord", "-c", CONFIGURATION)
    proc.add(900003, "supervisord", "supervisord", "-c", "/etc/supervisor/supervisord.conf")
    assert proc.leftovers(set()) == [900002, 900001]


def test_containers_and_ancestors_are_spared(proc: FakeProc) -> None:
    proc.add(900001, "redis-server", namespaces=2)
    proc.add(900002, "redis-server")
    assert proc.leftovers({os.geteuid()}) == [900002]


def test_a_process_whose_environment_is_closed_is_seen(proc: FakeProc) -> None:
    """As a container's root sees those of other accounts."""
    proc.add(900001, "celery", env="RABBITRY_SERVICE=stack-beat")
    (proc.root / "900001/environ").unlink()
    assert [(one.pid, one.service) for one in processes.running(proc.root)] == [(900001, "")]


def test_epmd_goes_unless_a_node_of_others_needs_it(proc: FakeProc) -> None:
    proc.add(900001, "epmd")
    assert proc.leftovers(set()) == []
    assert proc.leftovers(set(), epmd=True) == [900001]
    proc.add(900002, "beam.smp")
    assert proc.leftovers(set(), epmd=True) == []


@pytest.fixture(params=[GENTLE, STUBBORN])
def child(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", request.param]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()  # it is ready
        yield started
        started.kill()


def test_a_process_is_ended(child: subprocess.Popen[bytes]) -> None:
    process = next(one for one in processes.running() if one.pid == child.pid)
    assert processes.end(process, grace=0.2)
    assert child.wait() in (-signal.SIGTERM, -signal.SIGKILL)
    assert not processes.end(process)


def test_another_process_with_the_same_id_is_spared(child: subprocess.Popen[bytes]) -> None:
    stale = Process(pid=child.pid, uid=0, name="x", arguments=(), service="", started="1")
    assert not processes.end(stale)
    assert child.poll() is None
