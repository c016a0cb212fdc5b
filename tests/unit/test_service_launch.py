"""The program `launch`: environment files as systemd reads them, waiting with a deadline, the command."""

from __future__ import annotations

import json
import runpy
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.envfile import environment_file

from tests.unit.nasty import CONTROL, ONE_LINE

LAUNCH = Path(__file__).parents[2] / "roles/service/files/launch"
PRINT = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))"


@pytest.fixture(scope="module")
def parse() -> Callable[[str], dict[str, str]]:
    read: Callable[[str], dict[str, str]] = runpy.run_path(str(LAUNCH))["parse"]
    return read


def launch(*options: str, words: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-IS", str(LAUNCH), *options, "--", sys.executable, "-c", PRINT, *words]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}, timeout=30)


# Each of these was read the same way by systemd 257.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=plain value  \n", "plain value"),
        ("A=\n", ""),
        ("A='single $x \\ q'\n", "single $x \\ q"),
        ("A=a\\ b\\\nc\n", "a bc"),
        ("A=\"x\"'y' z\n", "xyz"),
        ('A="a\\"b\\\\c\\$d\\`e\\nf"\n', 'a"b\\c$d`e\\nf'),
        ("# A=no\n; A=no\n\n  A=yes", "yes"),
        ("nothing\nA=b\n", "b"),
    ],
)
def test_a_line_reads_as_systemd_reads_it(
    parse: Callable[[str], dict[str, str]], text: str, value: str
) -> None:
    assert parse(text) == {"A": value}


def test_what_the_application_role_writes_is_read_back(parse: Callable[[str], dict[str, str]]) -> None:
    variables = {f"V{number}": value for number, value in enumerate([*ONE_LINE, *CONTROL])}
    assert parse(environment_file(variables)) == variables


def test_the_command_gets_words_and_environment_unchanged(tmp_path: Path) -> None:
    file, sign = tmp_path / "app.env", tmp_path / "ready"
    file.write_text(environment_file({"URL": ONE_LINE[-1]}))
    sign.touch()
    done = launch(
        "--environment-file", str(file), "--remove", str(sign), "--open-files", "64", words=ONE_LINE
    )
    words, environment = json.loads(done.stdout)
    assert words == list(ONE_LINE)
    assert environment["URL"] == ONE_LINE[-1] and environment["HOME"]
    assert not sign.exists()


def test_the_command_keeps_the_modules_of_its_start(tmp_path: Path) -> None:
    release, link, file = tmp_path / "releases" / "one", tmp_path / "current", tmp_path / "app.env"
    release.mkdir(parents=True)
    link.symlink_to("releases/one")
    file.write_text(f"PYTHONPATH=/lib:{link}\n")
    _, environment = json.loads(launch("--environment-file", str(file)).stdout)
    assert environment["PYTHONPATH"] == f"{Path('/lib').resolve()}:{release}"


def test_it_waits_until_the_address_answers() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{server.getsockname()[1]}"
        opening = threading.Timer(0.5, server.listen)
        opening.start()
        done = launch("--wait", address, "--timeout", "20")
        opening.join()
    assert done.returncode == 0 and f"waiting for {address}" in done.stderr


def test_it_gives_up_at_the_deadline_and_names_the_address() -> None:
    done = launch("--wait", "127.0.0.1:1", "--timeout", "0.2")
    assert done.returncode == 75 and not done.stdout
    assert "nothing answers at 127.0.0.1:1: " in done.stderr


def test_it_says_in_one_line_what_is_missing() -> None:
    done = launch("--environment-file", "/nowhere/x.env")
    assert done.returncode == 1 and "/nowhere/x.env" in done.stderr and len(done.stderr.splitlines()) == 1


def test_it_goes_on_with_the_files_that_the_host_allows() -> None:
    done = launch("--open-files", "99999999999")
    assert done.returncode == 0
    assert "99999999999 open files are wanted, the hard limit is" in done.stderr


def test_it_names_the_command_that_is_not_there() -> None:
    command = [sys.executable, "-IS", str(LAUNCH), "--", "/nowhere/celery"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.stderr == "error: cannot execute `/nowhere/celery`: No such file or directory\n"
