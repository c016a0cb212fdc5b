"""A real playbook's events arrive typed: plays, results with hints and faults, a failure as a StackError."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.callback.events import explanation

from rabbitry import ansible, inventory, record
from rabbitry.environment import ROOT, Environment
from rabbitry.errors import Fault, StackError
from rabbitry.events import Event, Play, Result, Stats, Task, faults, notes, parse

PLAYBOOK = """
- name: Broker
  hosts: all
  gather_facts: false
  tasks:
    - name: Say it
      ansible.builtin.command: echo {{ word | default('nothing') }}
      check_mode: false
    - name: Refuse
      ansible.builtin.fail:
        msg: no such luck
      when: word is defined
"""


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A checkout of its own with one playbook, linked to this collection."""
    for folder in ("inventory", "playbooks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "inventory" / "local.yml").write_text(
        "all:\n  hosts:\n    here:\n      ansible_connection: local\n"
        "      ansible_python_interpreter: '{{ ansible_playbook_python }}'\n",
        encoding="utf-8",
    )
    (tmp_path / "playbooks" / "site.yml").write_text(PLAYBOOK, encoding="utf-8")
    (tmp_path / "playbooks" / "broken.yml").write_text("- hosts: all\n  taskz: []\n", encoding="utf-8")
    shutil.copy(ROOT / "ansible.cfg", tmp_path)
    namespace = tmp_path / ".ansible" / "collections" / "ansible_collections" / "rabbitry"
    namespace.mkdir(parents=True)
    (namespace / "stack").symlink_to(ROOT)
    return Environment("local", tmp_path / "inventory" / "local.yml", tmp_path)


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rabbitry.privilege.password", lambda verb: None)
    monkeypatch.delenv("ANSIBLE_COLLECTIONS_PATH", raising=False)


def test_a_run_tells_what_happens(environment: Environment) -> None:
    seen: list[Event] = []
    run = ansible.run("site", environment, listen=seen.append)
    assert [type(event) for event in seen] == [Play, Task, Result, Task, Result, Stats]
    said = seen[2]
    assert isinstance(said, Result)
    assert (said.host, said.task, said.status, said.log) == ("here", "Say it", "changed", ("nothing",))
    assert 0 < said.seconds < 30
    assert run.changed == (said,)
    assert stat.S_IMODE(run.log.stat().st_mode) == 0o600
    assert "PLAY [Broker]" in run.log.read_text(encoding="utf-8")


def test_a_failed_task_is_an_error_with_its_words(environment: Environment) -> None:
    with pytest.raises(StackError) as caught:
        ansible.run("site", environment, extra={"word": "$HOME 'x'"})
    log = record.logs(environment)[-1]
    assert caught.value.faults == (Fault("`Refuse` failed on here: no such luck", f"less {log}"),)


def test_a_playbook_that_cannot_start_is_an_error_with_the_end_of_the_log(environment: Environment) -> None:
    with pytest.raises(StackError, match="the playbook `broken` ended with status") as caught:
        ansible.run("broken", environment)
    assert "taskz" in " ".join(caught.value.detail)
    assert caught.value.hint == f"less {record.logs(environment)[-1]}"


def test_an_unreadable_inventory_is_an_error(environment: Environment) -> None:
    environment.inventory.write_text("all: [\n", encoding="utf-8")
    with pytest.raises(StackError, match="is not an inventory"):
        ansible.run("site", environment)


def test_an_inventory_of_this_machine_is_local(environment: Environment) -> None:
    assert inventory.is_local(environment)
    environment.inventory.write_text("all:\n  hosts:\n    far.example.org:\n", encoding="utf-8")
    assert not inventory.is_local(environment)


def test_one_run_at_a_time(environment: Environment) -> None:
    with record.new(environment, "site"), pytest.raises(StackError) as caught:
        ansible.run("site", environment)
    assert caught.value.message == f"`site` (pid {os.getpid()}) is at work in the environment `local`"


def test_old_logs_go(environment: Environment) -> None:
    environment.prepare()
    for number in range(30):
        (environment.log / f"20200101-0000{number:02}-site.log").touch()
    with record.new(environment, "site") as newest:
        assert record.logs(environment)[-1] == newest
    assert len(record.logs(environment)) == record.KEPT


def test_faults_of_modules_are_kept_whole_and_once() -> None:
    line = (
        '{"event": "result", "host": "%s", "task": "Check", "status": "failed", "seconds": 0.1, '
        '"msg": "2 faults", "hint": "", "log": [], "faults": '
        '[{"message": "port 5672 is taken", "hint": "ss -ltnp"}, '
        '{"message": "no space", "log": ["df"]}]}'
    )
    results = [parse(line % host) for host in ("a", "b")]
    assert faults(result for result in results if isinstance(result, Result)) == [
        Fault("port 5672 is taken", "ss -ltnp"),
        Fault("no space", "", ("df",)),
    ]


def test_notes_of_modules_arrive_once_whoever_makes_them() -> None:
    told = explanation({"notes": ["a remark", {"message": "`A` has no effect", "hint": "rename it"}]})
    line = json.dumps(
        {"event": "result", "task": "Check", "status": "ok", "seconds": 0.1, "host": "HOST", **told}
    )
    results = [parse(line.replace("HOST", host)) for host in ("a", "b")]
    assert notes(result for result in results if isinstance(result, Result)) == [
        Fault("a remark", ""),
        Fault("`A` has no effect", "rename it"),
    ]
    assert explanation({})["notes"] == []


def test_an_unknown_event_is_passed_over() -> None:
    assert parse('{"event": "weather"}') is None


def test_failed_items_of_a_loop_become_faults() -> None:
    told = explanation(
        {
            "msg": "One or more items failed",
            "results": [{"msg": "fine"}, {"failed": True, "msg": "no such file", "hint": "ls", "log": "a"}],
        }
    )
    assert told["faults"] == [{"message": "no such file", "hint": "ls", "log": ["a"]}]


def test_only_the_end_of_a_long_log_is_told() -> None:
    told = explanation({"stderr_lines": [str(number) for number in range(100)]})
    assert told["log"] == [str(number) for number in range(70, 100)]
