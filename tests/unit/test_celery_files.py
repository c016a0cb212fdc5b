"""Environment files and Flower's configuration: every value arrives as it was given."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.envfile import environment_file
from ansible_collections.rabbitry.stack.plugins.plugin_utils.flower import flower_config

NASTY = [
    "plain",
    "",
    " spaces around ",
    "quotes \" and ' and `date`",
    "$HOME ${HOME} $(id) \\$HOME",
    "back\\slash \\n \\\\ end\\",
    "#;!~*?[]{}|&<>()%h%%",
    "tab\tand\nline",
    "p@:/%2F ü é 漢",
]


@pytest.mark.parametrize("value", NASTY)
def test_a_shell_reads_the_value_back(value: str) -> None:
    text = environment_file({"FIRST": "1", "VALUE": value, "LAST": "2"})
    program = "import os; print(os.environ['VALUE'], os.environ['LAST'], sep=chr(0), end='')"
    words = ["/bin/sh", "-c", 'set -a; eval "$1"; exec "$2" -c "$3"', "sh", text, sys.executable, program]
    done = subprocess.run(words, capture_output=True, check=True)
    assert done.stdout.decode() == f"{value}\x002"


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "É"])
def test_names_that_no_shell_can_hold_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of an environment variable"):
        environment_file({name: "x"})


def test_a_nul_byte_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="`SECRET` holds a NUL byte") as raised:
        environment_file({"SECRET": "hidden\0"})
    assert "hidden" not in str(raised.value)


def options(text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    exec(text, {}, found)
    return found


def test_flower_reads_its_password_back() -> None:
    password = "a,b:c\"'\\ $%@/ "
    found = options(flower_config(5555, "127.0.0.1", "flower", password, database="/var/flower.db"))
    assert found["basic_auth"] == [f"flower:{password}"]
    assert (found["port"], found["address"]) == (5555, "127.0.0.1")
    assert (found["persistent"], found["db"]) == (True, "/var/flower.db")
    assert "broker_api" not in found


def test_flower_gets_the_broker_api_as_its_client_sends_it() -> None:
    api = "http://127.0.0.1:15672/api/"
    found = options(flower_config(1, "h", "u", "p", "", api, "mon itor", "p@:%2F \"'$x"))
    assert found["broker_api"] == "http://mon itor:p@:%2F \"'$x@127.0.0.1:15672/api/"
    assert options(flower_config(1, "h", "u", "p", "", api))["broker_api"] == api
    assert "persistent" not in found


@pytest.mark.parametrize(
    ("name", "password", "fault"),
    [
        ("flower", "", "must not be empty"),
        ("", "x", "must not be empty"),
        ("a:b", "x", "has a colon"),
        ("f", "ü", "must be ASCII"),
    ],
)
def test_logins_that_flower_cannot_check_are_refused(name: str, password: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        flower_config(5555, "127.0.0.1", name, password)


@pytest.mark.parametrize("password", ["a/b", "a?b", "a#b", "a[b", "ü", "a\nb"])
def test_a_monitoring_password_that_flower_cannot_send_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="cannot hand on to the broker's API"):
        flower_config(5555, "h", "u", "p", "", "http://h/api/", "monitor", password)
