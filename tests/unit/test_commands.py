"""Programs on the controller and on hosts: which index and certificates they take, and what stays unsaid."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import uv
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError
from ansible_collections.rabbitry.stack.plugins.plugin_utils import commands
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import CommandError, Tools
from ansible_collections.rabbitry.stack.plugins.plugin_utils.model import read_model

INDEX = "https://user:s3cret-pw@index.example.org/simple"
LEAK = f"import sys; print('error: cannot fetch {INDEX}shop/', file=sys.stderr); sys.exit(2)"


def tools(index: str = "", **environment: str) -> Tools:
    return Tools(Path("/nowhere"), index, environment)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (tools(), None),
        (tools(PIP_INDEX_URL="https://pip"), "https://pip"),
        (tools(PIP_INDEX_URL="https://pip", UV_DEFAULT_INDEX="https://uv"), "https://uv"),
        (tools(INDEX, PIP_INDEX_URL="https://pip", UV_DEFAULT_INDEX="https://uv"), INDEX),
    ],
)
def test_the_index_is_what_was_decided_or_that_of_the_machine(given: Tools, expected: str | None) -> None:
    assert given.uv_environment().get("UV_DEFAULT_INDEX") == expected


def test_certificates_of_pip_are_for_uv_too() -> None:
    assert tools(PIP_CERT="/ca.pem").uv_environment()["SSL_CERT_FILE"] == "/ca.pem"
    assert tools(PIP_CERT="/ca.pem", SSL_CERT_FILE="/own.pem").uv_environment()["SSL_CERT_FILE"] == "/own.pem"


def test_no_python_is_fetched_and_no_environment_of_somebody_s_is_used() -> None:
    found = tools(VIRTUAL_ENV="/venv", PYTHONPATH="/lib").uv_environment()
    assert found["UV_PYTHON_DOWNLOADS"] == "never"
    assert not {"VIRTUAL_ENV", "PYTHONPATH"} & set(found)


def test_on_a_host_the_index_goes_to_uv_and_pip_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip")
    assert uv.environment("", INDEX)["UV_DEFAULT_INDEX"] == INDEX
    assert uv.environment("", INDEX)["PIP_INDEX_URL"] == INDEX
    assert uv.environment("")["UV_DEFAULT_INDEX"] == "https://pip"


def test_a_login_is_taken_out_of_what_a_program_of_the_controller_says() -> None:
    with pytest.raises(CommandError) as raised:
        commands.run([sys.executable, "-c", LEAK], os.environ, Path("/"), [INDEX])
    assert "cannot fetch" in str(raised.value)
    assert "s3cret" not in " ".join([str(raised.value), *raised.value.log])


def test_a_login_is_taken_out_of_what_a_program_of_a_host_says() -> None:
    with pytest.raises(DeploymentError) as raised:
        uv.run([sys.executable, "-c", LEAK], uv.environment("", INDEX), "uv pip")
    assert "cannot fetch" in str(raised.value)
    assert "s3cret" not in " ".join([str(raised.value), *raised.value.log])


def test_a_program_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandError, match="`git` is not on the machine that runs Ansible"):
        commands.program("git")


def test_what_is_kept_here_is_private_and_held_alone(tmp_path: Path) -> None:
    with Tools(tmp_path / "cache").locked("git/one") as place:
        assert place == tmp_path / "cache/git/one"
        assert (tmp_path / "cache").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "value", "refused"),
    [
        ("stack_app_index", INDEX, False),
        ("stack_app_index", "ftp://user:s3cret-pw@host", True),
        ("stack_app_source", f"git+{INDEX}", False),
        ("stack_app_source", ["s3cret-pw"], True),
        ("stack_app_python", "3.12", False),
        ("stack_app_python", "/usr/bin/python3.12", False),
        ("stack_app_python", "python3.12", True),
        ("stack_app_venv", "/srv/venv", False),
        ("stack_app_venv", "venv", True),
        ("stack_app_install", "editable", True),
    ],
)
def test_decisions_have_their_forms_and_a_secret_is_not_shown(
    name: str, value: object, refused: bool
) -> None:
    faults = [fault for found in read_model({name: value})[1].values() for fault in found]
    assert bool(faults) is refused
    assert all("s3cret" not in fault.message + fault.hint for fault in faults)


@pytest.mark.parametrize(
    ("wanted", "path"), [("/opt/python", "/opt/python"), ("3.99", "/usr/bin/python3.99")]
)
def test_a_version_of_python_is_looked_for_where_the_system_has_it(wanted: str, path: str) -> None:
    assert uv.of_version(wanted) == [path]
