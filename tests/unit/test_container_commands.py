"""Commands of a new image: once in each, in a container of it, and what fails runs again."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import container_commands, containers
from ansible_collections.rabbitry.stack.plugins.module_utils.containers import Compose
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment_error import DeploymentError

# Docker's client, which keeps the words that it was called with and ends as the command says.
DOCKER = """\
#!{python}
import json, sys
with open({log!r}, "a") as stream:
    stream.write(json.dumps(sys.argv[1:]) + "\\n")
if "fails" in sys.argv:
    print("it cannot, with s3cret")
    sys.exit(3)
"""

Docker = Callable[[], list[list[str]]]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    log = tmp_path / "calls"
    program = tmp_path / "bin/docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(python=sys.executable, log=str(log)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    containers.building.cache_clear()

    def runs() -> list[list[str]]:
        calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [call for call in calls if "run" in call]

    return runs


def release(tmp_path: Path, *commands: str, image: str = "rabbitry-local:app-1") -> dict[str, Any]:
    file = tmp_path / "celery.env"
    file.write_text('SECRET_KEY="s3cret"\n')
    return {
        "label": "app", "service": "stack-worker-default", "image": image, "home": "/opt/rabbitry",
        "account": "celery", "commands": list(commands), "seconds": 30, "environment_file": str(file),
        "mounted": "/etc/rabbitry/celery.env",
    }  # fmt: skip


def run(tmp_path: Path, one: dict[str, Any]) -> None:
    compose = Compose("compose.yaml", ".env", "rabbitry-local")
    container_commands.run_due(compose, tmp_path / "released.json", [one])


def test_a_command_runs_once_in_an_image(tmp_path: Path, docker: Docker) -> None:
    one = release(tmp_path, "python manage.py migrate")
    run(tmp_path, one)
    run(tmp_path, one)
    (words,) = docker()
    assert words[-3:] == ["python", "manage.py", "migrate"]
    assert "--no-deps" in words and "--rm" in words and "/opt/rabbitry/venv/bin" in words
    # The variables are read in the container, not given on the command line.
    assert "/etc/rabbitry/celery.env" in words and not any("s3cret" in word for word in words)
    assert "manage" not in (tmp_path / "released.json").read_text()


@pytest.mark.parametrize("change", [{"image": "rabbitry-local:app-2"}, {"commands": ["python other.py"]}])
def test_another_image_and_another_command_run_again(
    tmp_path: Path, docker: Docker, change: dict[str, Any]
) -> None:
    run(tmp_path, release(tmp_path, "python first.py"))
    run(tmp_path, {**release(tmp_path, "python first.py"), **change})
    assert len(docker()) == 2


def test_what_fails_is_told_without_secrets_and_runs_again(tmp_path: Path, docker: Docker) -> None:
    one = release(tmp_path, "fails")
    for _ in range(2):
        with pytest.raises(DeploymentError, match="`fails` ended with status 3") as caught:
            run(tmp_path, one)
    assert caught.value.log == ["it cannot, with ***"]
    assert len(docker()) == 2


def test_without_commands_nothing_is_due(tmp_path: Path, docker: Docker) -> None:
    run(tmp_path, release(tmp_path))
    assert docker() == []
