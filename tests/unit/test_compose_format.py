"""What compose is given for a service: nasty words come back, and what the format cannot carry is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from ansible_collections.rabbitry.stack.plugins.module_utils.compose import HEALTHY, render
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import InvalidService

from tests.unit.nasty import CONTROL, ONE_LINE


def service(**change: Any) -> Service:
    return Service.from_vars({"name": "probe", "command": ["/bin/probe"], "user": "app", **change})


def read_back(**change: Any) -> dict[str, Any]:
    """The mapping as compose reads it: YAML, then `$$` as `$`; a single `$` would be a variable."""
    text = yaml.safe_dump(render(service(**change)))
    found: dict[str, Any] = yaml.safe_load(text)
    return {key: interpolated(value) for key, value in found.items()}


def interpolated(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: interpolated(one) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one) for one in value]
    if isinstance(value, str):
        assert not re.search(r"(?<!\$)(\$\$)*\$(?!\$)", value), f"a variable in {value!r}"
        return value.replace("$$", "$")
    return value


def test_words_and_variables_arrive() -> None:
    words = ["/bin/probe", *ONE_LINE, *CONTROL]
    values = {f"V{number}": value for number, value in enumerate((*ONE_LINE, *CONTROL))}
    found = read_back(command=words, environment=values)
    assert found["command"][found["command"].index("--") + 1 :] == words
    assert found["environment"] == values


def test_passwords_stay_in_their_file() -> None:
    found = read_back(environment_file="/etc/rabbitry/celery.env")
    assert "env_file" not in found and "environment" not in found
    assert found["command"][1:3] == ["--environment-file", "/etc/rabbitry/celery.env"]


def test_every_decision_of_a_service_has_its_key() -> None:
    found = read_back(
        group="staff", restart="on-failure", stop_signal="QUIT", stop_timeout=315, umask="0027",
        open_files=4096, runtime_dirs=["probe"], after=["first"], wait_for=["server:5672"],
        ready={"file": "/run/rabbitry/probe/ready", "timeout": 40},
    )  # fmt: skip
    assert found["user"] == "app:staff"
    assert (found["restart"], found["stop_signal"], found["stop_grace_period"]) == (
        "on-failure", "SIGQUIT", "315s",
    )  # fmt: skip
    assert found["ulimits"] == {"nofile": 4096}
    assert found["tmpfs"] == ["/run/rabbitry/probe:uid=10001,gid=10001,mode=0755"]
    assert found["depends_on"] == {name: {"condition": "service_healthy"} for name in ("first", "server")}
    assert found["healthcheck"]["test"] == ["CMD", HEALTHY, "--fresh", "/run/rabbitry/probe/ready"]
    assert found["healthcheck"]["start_period"] == "40s"
    assert found["command"][1:3] == ["--umask", "0027"]


@pytest.mark.parametrize(
    ("ready", "words"),
    [
        ({"tcp": "127.0.0.1:5672"}, ["--tcp", "127.0.0.1:5672"]),
        ({"http": "http://127.0.0.1:5555/x", "status": 401}, ["--http", "http://127.0.0.1:5555/x", "401"]),
    ],
)
def test_readiness_becomes_health(ready: dict[str, Any], words: list[str]) -> None:
    assert read_back(ready=ready)["healthcheck"]["test"] == ["CMD", HEALTHY, *words]


def test_a_service_without_a_sign_has_no_health_check() -> None:
    assert "healthcheck" not in read_back()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"restart_delay": 9}, "`restart_delay`: 9"),
        ({"log_files": ["/var/log/probe.log"]}, "/var/log/probe.log"),
        ({"command": [], "unit": "probe.service"}, "needs a `command`"),
    ],
)
def test_what_compose_cannot_carry_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidService, match=re.escape(said)):
        render(service(**change))
