"""The description of a service: what it refuses, in which words, and that it survives the ledger."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import services
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service, launched
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import InvalidService

GOOD: dict[str, Any] = {
    "name": "stack-worker-default",
    "command": ["/opt/bin/celery", "worker"],
    "user": "celery",
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"comand": ["x"]}, "unknown key `comand`"),
        ({"ready": {"port": 1}}, "unknown key `ready.port`"),
        ({"name": ""}, "has no `name`"),
        ({"name": "a b"}, "its name may have"),
        ({"name": "../x"}, "its name may have"),
        ({"command": []}, "has no `command`"),
        ({"command": "celery beat --x"}, "`command` must be a list, not 'celery beat --x'"),
        ({"command": ["celery"]}, "must begin with an absolute path, not 'celery'"),
        ({"command": ["/bin/x", True]}, "`command` must be a text, not True"),
        ({"command": ["/bin/x", "a\0b"]}, "contains a NUL character"),
        ({"user": ""}, "has no `user`"),
        ({"user": "two words"}, "'two words' is not an account"),
        ({"environment": ["A=1"]}, "`environment` must be a dictionary"),
        ({"environment": {"A": False}}, "`environment.A` must be a text, not False"),
        ({"environment": {"A B": "x"}}, "'A B' is not the name of an environment variable"),
        ({"restart": "sometimes"}, "`restart` is 'sometimes', not one of always, on-failure, never"),
        ({"stop_signal": "SIGTERM"}, "`stop_signal` is 'SIGTERM'"),
        ({"stop_timeout": "long"}, "`stop_timeout` must be a number"),
        ({"stop_timeout": -1}, "`stop_timeout` must be a number"),
        ({"runtime_dirs": ["../etc"]}, "'../etc' is not the plain name of a directory"),
        ({"wait_for": ["5672"]}, "'5672' is not an address of the form host:port"),
        ({"ready": {"tcp": "h:1", "file": "/x"}}, "`ready` has tcp and file, only one can be asked"),
        ({"ready": {"file": "x"}}, "'x' is not an absolute path"),
        ({"watch": ["x"]}, "'x' is not an absolute path"),
        ({"working_dir": "/a\nUser=root"}, "contains a control character"),
        ({"description": "a\nUser=root"}, "contains a control character"),
    ],
)
def test_a_wrong_description_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidService) as refused:
        Service.from_vars({**GOOD, **change})
    assert words in str(refused.value)
    assert str(refused.value).startswith("service `")


def test_a_string_command_is_answered_with_the_list_it_meant() -> None:
    with pytest.raises(InvalidService) as refused:
        Service.from_vars({**GOOD, "command": "/bin/celery -A sample"})
    assert refused.value.hint == "command: ['/bin/celery', '-A', 'sample']"


def test_numbers_may_be_words_and_absent_keys_take_the_defaults() -> None:
    service = Service.from_vars({**GOOD, "stop_timeout": "120", "group": None, "command": ["/bin/x", 4]})
    assert (service.stop_timeout, service.group, service.command) == (120, "", ("/bin/x", "4"))
    assert (service.restart, service.restart_delay, service.ready.timeout) == ("always", 2, 60)


def test_a_service_comes_back_from_the_ledger_as_it_was() -> None:
    service = Service.from_vars(
        {
            **GOOD,
            "environment": {"A": "é"},
            "restart_delay": 0,
            "after": ["redis-server"],
            "ready": {"http": "http://127.0.0.1:5555/", "status": 401, "timeout": 7},
            "unit_options": {"Service": ["Nice=5"]},
        }
    )
    assert Service.from_vars(json.loads(json.dumps(service.definition()))) == service


def test_launch_gets_all_that_a_plain_command_cannot_say() -> None:
    service = Service.from_vars(
        {
            **GOOD,
            "wait_for": ["127.0.0.1:5672", "[::1]:6379"],
            "environment_file": "/etc/x.env",
            "open_files": 4096,
            "ready": {"file": "/run/rabbitry/x/ready"},
        }
    )
    assert launched(service) == [
        "/opt/rabbitry/libexec/launch", "--wait", "127.0.0.1:5672", "--wait", "[::1]:6379", "--timeout", "60",
        "--environment-file", "/etc/x.env", "--open-files", "4096", "--remove", "/run/rabbitry/x/ready",
        "--", "/opt/bin/celery", "worker",
    ]  # fmt: skip


def test_a_service_brings_what_starts_before_it_and_is_there() -> None:
    known = {
        name: Service.from_vars({"name": name, "unit": f"{name}.service", "after": after})
        for name, after in (("epmd", []), ("broker", ["epmd"]), ("worker", ["broker", "elsewhere"]))
    }
    assert services._with_what_they_need(["worker"], known) == ["worker", "broker", "epmd"]
    assert services._with_what_they_need(["epmd"], known) == ["epmd"]
