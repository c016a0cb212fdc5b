"""The action `preflight` on the controller: roles, source, and one whole run that refuses bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.action import preflight
from ansible_collections.rabbitry.stack.plugins.plugin_utils import source
from ansible_collections.rabbitry.stack.plugins.plugin_utils.app_decisions import sources
from ansible_collections.rabbitry.stack.plugins.plugin_utils.collection import role_options
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault, refusal

REPOSITORY = Path(__file__).resolve().parents[2]
Judged = Callable[..., tuple[list[str], list[Fault]]]
BAD = {
    "stack_queus": ["default"],
    "stack_amqp_port": 99999,
    "stack_vhost": "",
    "stack_user": "{{ nobody_gave_this }}",
    "stack_app_source": "/no/such/directory",
    "redis_databases": "many",
}
PLAY = """
- name: Refuse
  hosts: all
  gather_facts: false
  tasks:
    - name: Check and keep the answer
      block:
        - name: Check
          rabbitry.stack.preflight:
      rescue:
        - name: Keep
          ansible.builtin.copy:
            content: "{{ ansible_failed_result | to_json }}"
            dest: "{{ answer }}"
            mode: "0600"
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A source with the modules `shop.tasks` and `tool`."""
    (tmp_path / "shop").mkdir()
    for name in ("shop/__init__.py", "shop/tasks.py", "tool.py"):
        (tmp_path / name).write_text("")
    return tmp_path


ONLY = {"name": "", "label": "app"}


@pytest.fixture
def application(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    state = tmp_path_factory.mktemp("state")
    return lambda **app: sources({**ONLY, **app}, {"stack_state_dir": state}, str, REPOSITORY)


def test_the_sample_application_is_there(application: Judged) -> None:
    assert application(source="", module="sample")[1] == []


def test_the_checksum_follows_the_source(app: Path, application: Judged) -> None:
    before, faults = application(source=str(app), module="shop.tasks:celery")
    assert faults == []
    (app / "tool.py").write_text("x = 1\n")
    assert application(source=str(app))[0] != before


def test_a_missing_source_is_refused(application: Judged) -> None:
    (fault,) = application(source="/no/such", module="x")[1]
    assert fault == Fault(
        "`stack_app_source` is `/no/such`: `/no/such` is not a directory", "ls -la /no/such"
    )


def test_an_unreadable_source_is_refused(
    app: Path, application: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root would be allowed to read any mode
    (fault,) = application(source=str(app), module="tool")[1]
    assert fault.message.startswith(f"`stack_app_source` is `{app}`: `{app}/")
    assert fault.message.endswith("cannot be read: Permission denied")
    assert fault.hint == f"ls -la {app}"


def test_a_missing_module_is_refused_with_those_that_are_there(app: Path, application: Judged) -> None:
    (fault,) = application(source=str(app), module="shop.task")[1]
    assert fault.message == f"`stack_app_module` is `shop.task`, which is not in {app}: there is shop, tool"
    assert fault.hint == f"ls {app}"


def test_missing_settings_of_django_are_refused(app: Path, application: Judged) -> None:
    known = {"source": str(app), "module": "tool"}
    (fault,) = application(**known, django_settings="shop.settings")[1]
    assert fault.message.startswith(f"`stack_app_django_settings` is `shop.settings`, which is not in {app}")
    assert fault.hint == f"ls {app}"
    assert application(**known, django_settings="tool")[1] == []


def test_missing_requirements_are_refused(app: Path, application: Judged) -> None:
    path = str(app / "requirements.txt")
    (fault,) = application(source=str(app), requirements=path)[1]
    assert (
        fault.message
        == f"`stack_app_requirements` is `{path}`, which cannot be read: No such file or directory"
    )


@pytest.mark.parametrize(
    ("module", "expected"),
    [("shop", True), ("shop.tasks", True), ("tool:app", True), ("shop.x", False), ("tasks", False)],
)
def test_modules_are_found_by_the_names_of_files(module: str, expected: bool) -> None:
    assert source.has_module(["shop/__init__.py", "shop/tasks.py", "tool.py"], module) is expected


def test_every_role_that_has_a_specification_is_read() -> None:
    found = role_options(REPOSITORY / "roles", preflight.load)
    assert set(found) == {path.parts[-3] for path in REPOSITORY.glob("roles/*/meta/argument_specs.yml")}
    assert all(name.startswith(f"{role}_") for role, options in found.items() for name in options)


def test_the_first_fault_is_the_message_and_all_are_listed() -> None:
    result = refusal([Fault("a", "b"), Fault("c", "d")])
    assert (result["msg"], result["hint"]) == ("a (and 1 more)", "b")
    assert result["faults"] == [{"message": "a", "hint": "b"}, {"message": "c", "hint": "d"}]


def test_a_run_refuses_all_bad_input_at_once(tmp_path: Path) -> None:
    (tmp_path / "play.yml").write_text(PLAY)
    answer = tmp_path / "answer.json"
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".ansible/collections"),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "RABBITRY_STATE": str(tmp_path / "state"),
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory/local.yml"]
    extra = ["-e", json.dumps({**BAD, "answer": str(answer)}), str(tmp_path / "play.yml")]
    run = subprocess.run(
        [*command, *extra], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120
    )
    assert answer.is_file(), run.stdout + run.stderr
    result = json.loads(answer.read_text())
    messages = [fault["message"] for fault in result["faults"]]
    for expected in (
        "`stack_user` cannot be resolved: 'nobody_gave_this' is undefined",
        "the variable `stack_queus` is not known: did you mean `stack_queues`",
        "`stack_amqp_port` is `99999` and must be from 1 to 65535: the broker's port for AMQP",
        "`stack_vhost` must not be empty: the application's virtual host",
        "`stack_app_source` is `/no/such/directory`: `/no/such/directory` is not a directory",
        "`redis_databases` is `many` and must be a whole number",
    ):
        assert [message for message in messages if message.startswith(expected)], messages
    assert all(fault["hint"] for fault in result["faults"])
    assert not result["changed"]
