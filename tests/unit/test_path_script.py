"""What is written into startup files does in real shells what it says, whatever PATH was before."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.path_script import script

SHELLS = [
    [program, *options]
    for program, *options in (
        ("/bin/sh", "-eu"),
        ("/bin/sh",),
        ("/bin/bash", "--norc", "-eu"),
        ("/bin/zsh", "-f", "-eu"),
        ("/bin/zsh", "-f"),
        ("/bin/ksh", "-eu"),
    )
    if shutil.which(program)
]


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request: pytest.FixtureRequest) -> list[str]:
    command: list[str] = request.param
    return command


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    paths = [tmp_path / name for name in ("a", "b b", "c*[x]$HOME", "gone")]
    for path in paths[:-1]:
        path.mkdir()
    return [str(path) for path in paths]


def after(shell: list[str], text: str, path: str | None) -> str:
    """PATH after the text ran twice in one shell, which is asked for without any program."""
    lines = f'{text}{text}printf "%s" "$PATH"; printf "|%s" "${{rabbitry_directory-}}${{rabbitry_path-}}"'
    set_path = "unset PATH\n" if path is None else f"PATH='{path}'\n"
    done = subprocess.run(
        [*shell, "-c", set_path + lines], capture_output=True, text=True, timeout=20, check=True, env={}
    )
    assert done.stderr == ""
    return done.stdout.removesuffix("|")


def test_behind_what_is_there(shell: list[str], places: list[str]) -> None:
    a, b, c, gone = places
    text = script(places, front=False, login=True)
    assert after(shell, text, "/bin") == f"/bin:{a}:{b}:{c}"
    assert after(shell, text, f"{b}:/bin:") == f"{b}:/bin::{a}:{c}"
    assert after(shell, text, "") == f"{a}:{b}:{c}"
    assert after(shell, text, gone) == f"{gone}:{a}:{b}:{c}"


def test_an_interactive_shell_leaves_the_order_alone(shell: list[str], places: list[str]) -> None:
    a, b, c, _ = places
    text = script(places, front=True, login=False)
    assert after(shell, text, "/bin") == f"{a}:{b}:{c}:/bin"
    assert after(shell, text, f"/venv:{b}:/bin") == f"{a}:{c}:/venv:{b}:/bin"


def test_a_login_shell_moves_them_to_the_front(shell: list[str], places: list[str]) -> None:
    a, b, c, gone = places
    text = script(places, front=True, login=True)
    for before, rest in {
        "/bin": ":/bin",
        f"/bin:{b}:/usr/bin:{a}:{b}": ":/bin:/usr/bin",
        f"{c}:{b}:{a}": "",
        f":/bin:{a}": "::/bin",
        "/bin:": ":/bin:",
        "": "",
        gone: f":{gone}",
    }.items():
        assert after(shell, text, before) == f"{a}:{b}:{c}{rest}", before


def test_without_a_path_at_all(shell: list[str], places: list[str]) -> None:
    if shell[0].endswith("zsh"):
        pytest.skip("zsh has a PATH of its own when it was given none")
    for front, login in ((False, True), (True, False), (True, True)):
        assert after(shell, script(places, front, login), None) == ":".join(places[:-1])


def test_nothing_to_add_is_a_comment(shell: list[str]) -> None:
    assert after(shell, script([], True, True), "/bin") == "/bin"
