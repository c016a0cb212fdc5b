"""A release's own commands: once in each, before the switch, and what fails leaves what runs alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle, release_converge
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import NOTE, DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.envfile import environment_file, secrets_in
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.release_commands import words_of

Converge = Callable[..., dict[str, Any]]
MIGRATE = """\
import os, pathlib, sys
import shop
place = pathlib.Path(os.environ["DONE"])
place.write_text(place.read_text() + f"{shop.VERSION} {' '.join(sys.argv[1:])} {os.environ['COLOUR']}\\n")
"""


@pytest.fixture
def done(tmp_path: Path) -> Path:
    """What the commands have written down, a line each."""
    path = tmp_path / "done"
    path.write_text("")
    return path


@pytest.fixture
def converge(tmp_path: Path, done: Path, monkeypatch: pytest.MonkeyPatch) -> Converge:
    """Converges the source below tmp_path, version by version, with an environment that is this one."""
    monkeypatch.setattr(release_converge, "Ledger", partial(Ledger, root=tmp_path / "ledger"))
    home, source = tmp_path / "home", tmp_path / "source"
    source.mkdir()
    variables = {"DONE": done, "COLOUR": "red", "PYTHONPATH": home / "current", "API_TOKEN": "s3cret-token"}
    (tmp_path / "celery.env").write_text(environment_file(variables))
    for venv in ("v1", "v2"):
        (home / "venvs" / venv / "bin").mkdir(parents=True)
        (home / "venvs" / venv / "bin/python").symlink_to(sys.executable)
        (home / "venvs" / venv / NOTE).write_text(json.dumps({"digest": venv}))

    def run(version: int = 1, *commands: Any, venv: str = "v1", check: bool = False, **more: Any) -> Any:
        (source / "shop.py").write_text(f"VERSION = {version}\n")
        (source / "migrate.py").write_text(MIGRATE)
        entries = bundle.read(source)
        archive = tmp_path / "release.tar.gz"
        archive.write_bytes(bundle.pack(entries))
        params = {
            "owner": "celery_app", "home": str(home), "source": str(source), "existing": "", "venv": venv,
            "module": "", "user": "", "environment_file": str(tmp_path / "celery.env"), "keep": 3,
            "command_seconds": 30, "switch": True, "digest": bundle.digest(entries),
            "archive": str(archive), "commands": list(commands), "again": False, **more,
        }  # fmt: skip
        return release_converge.converge(params, check)

    return run


def current(tmp_path: Path) -> str:
    link = tmp_path / "home/current"
    return (link / "shop.py").read_text().strip() if link.exists() else ""


def test_commands_run_once_in_a_release_in_their_order(
    converge: Converge, done: Path, tmp_path: Path
) -> None:
    commands = ("python migrate.py first", ["python", "migrate.py", "second one"])
    assert converge(1, *commands)["changed"]
    assert done.read_text() == "1 first red\n1 second one red\n"
    assert not converge(1, *commands)["changed"]
    # The release that is new, not the one in use, which is on the path too.
    assert converge(2, *commands)["changed"]
    assert done.read_text().splitlines()[2:] == ["2 first red", "2 second one red"]
    # The way back runs nothing again.
    assert converge(1, *commands)["changed"]
    assert len(done.read_text().splitlines()) == 4
    assert current(tmp_path) == "VERSION = 1"


def test_a_new_environment_and_a_new_command_run_what_has_not_run(converge: Converge, done: Path) -> None:
    converge(1, "python migrate.py a")
    assert converge(1, "python migrate.py a", "python migrate.py b")["changed"]
    assert done.read_text() == "1 a red\n1 b red\n"
    assert converge(1, "python migrate.py a", venv="v2")["changed"]
    assert done.read_text().splitlines()[2:] == ["1 a red"]


def test_check_mode_runs_nothing_and_says_what_would_run(converge: Converge, done: Path) -> None:
    converge(1)
    told = converge(2, "python migrate.py 's3cret-token x'", check=True)
    assert told["changed"] and done.read_text() == ""
    assert "runs: python migrate.py '*** x'\n" in told["diff"]["after"]


def test_a_command_that_fails_keeps_what_runs(converge: Converge, done: Path, tmp_path: Path) -> None:
    converge(1, "python migrate.py a")
    failing = 'python -c \'import os, sys; print(os.environ["API_TOKEN"]); sys.exit("no such table")\''
    for _ in (1, 2):
        with pytest.raises(DeploymentError, match="ended with status 1") as raised:
            converge(2, "python migrate.py a", failing, "python migrate.py never")
        assert raised.value.log == ["***", "no such table"]
        assert "s3cret-token" not in f"{raised.value} {raised.value.hint}"
    assert current(tmp_path) == "VERSION = 1"
    # A release that was never in use goes, and the next run starts with its first command.
    assert len(list((tmp_path / "home/releases").iterdir())) == 1
    assert done.read_text() == "1 a red\n2 a red\n2 a red\n"
    converge(2, "python migrate.py a")
    assert current(tmp_path) == "VERSION = 2"


def test_a_command_that_fails_in_the_release_in_use_leaves_it_there(
    converge: Converge, tmp_path: Path
) -> None:
    converge(1)
    with pytest.raises(DeploymentError, match="`false` ended with status 1"):
        converge(1, "false")
    assert current(tmp_path) == "VERSION = 1"
    assert not converge(1)["changed"]


def test_a_command_that_takes_too_long_is_killed_with_what_it_started(
    converge: Converge, tmp_path: Path
) -> None:
    with pytest.raises(DeploymentError, match="did not end within 1 s"):
        converge(1, ["sh", "-c", "sleep 600 & echo waits; wait"], command_seconds=1)
    assert current(tmp_path) == ""


def test_a_program_that_is_not_there_is_a_failure(converge: Converge) -> None:
    with pytest.raises(DeploymentError, match="`manage-py migrate` ended with status 127"):
        converge(1, "manage-py migrate")


def test_without_the_switch_a_release_is_tried_and_not_used(
    converge: Converge, done: Path, tmp_path: Path
) -> None:
    assert converge(1, switch=False)["changed"]
    assert not converge(1, switch=False)["changed"]
    assert converge(1, "python migrate.py a", switch=False)["changed"]
    assert (current(tmp_path), done.read_text()) == ("", "1 a red\n")
    assert converge(1, "python migrate.py a")["changed"]
    assert (current(tmp_path), done.read_text()) == ("VERSION = 1", "1 a red\n")
    assert not converge(1, "python migrate.py a")["changed"]


def test_a_release_that_was_never_used_does_not_outlive_the_next_switch(
    converge: Converge, tmp_path: Path
) -> None:
    converge(1)
    converge(2, switch=False)
    converge(3)
    versions = [path.read_text() for path in (tmp_path / "home/releases").glob("*/shop.py")]
    assert sorted(versions) == ["VERSION = 1\n", "VERSION = 3\n"]


def test_the_note_of_a_release_holds_no_word_of_a_command(converge: Converge, tmp_path: Path) -> None:
    converge(1, "true s3cret-token")
    (note,) = (tmp_path / "home/releases").glob(f"*/{NOTE}")
    assert "s3cret" not in note.read_text() and len(json.loads(note.read_text())["ran"]) == 1


@pytest.mark.parametrize("command", ["", [], "python 'x"])
def test_what_is_no_command_is_refused(command: Any) -> None:
    with pytest.raises(ValueError):
        words_of(command)


def test_secrets_of_an_environment_file_are_known_by_name_and_by_url(tmp_path: Path) -> None:
    variables = {"URL": "redis://:p%40w@h/0", "SECRET_KEY": 'a"b$c', "PLAIN": "red", "EMPTY": ""}
    (tmp_path / "env").write_text(environment_file(variables))
    assert secrets_in(str(tmp_path / "env")) == ['a"b$c', "p%40w", "p@w"]
    assert secrets_in(str(tmp_path / "missing")) == []


def test_nothing_is_known_of_a_release_that_went(converge: Converge, tmp_path: Path) -> None:
    converge(1)
    converge(2, switch=False)
    with pytest.raises(DeploymentError):
        converge(2, "false", switch=False)
    converge(3, switch=False)
    converge(4)
    entries = Ledger("celery_app", tmp_path / "ledger").entries
    known = {entry["name"] for entry in entries if entry["kind"] == "release"}
    assert known == {str(path) for path in (tmp_path / "home/releases").iterdir()}
