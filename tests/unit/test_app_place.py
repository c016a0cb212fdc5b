"""What is on a host already, an interpreter, a directory, an environment, and who may use it."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import app_place
from ansible_collections.rabbitry.stack.plugins.plugin_utils import preflight_app

ME = pwd.getpwuid(os.getuid()).pw_name
GROUPS = ("workers", "scheduler", "dashboard")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A directory with the module `shop.tasks`."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/tasks.py").touch()
    return tmp_path


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """What looks like an environment with some packages."""
    packages = tmp_path / "venv/lib/python3.13/site-packages"
    for name in ("celery-5.7.0", "kombu-5.7.0", "redis-8.1.0", "prometheus_client-0.26.0"):
        (packages / f"{name}.dist-info").mkdir(parents=True)
    (tmp_path / "venv/bin").mkdir()
    (tmp_path / "venv/bin/python").symlink_to(sys.executable)
    return tmp_path / "venv"


def test_nothing_is_looked_at_that_was_not_asked_for() -> None:
    assert app_place.look({}) == {}
    assert app_place.look({"user": "nobody", "module": "x"}) == {}


def test_an_interpreter_is_run() -> None:
    found = app_place.look({"python": sys.executable, "user": ME})
    version = ".".join(map(str, sys.version_info[:2]))
    assert found == {"python": {"path": sys.executable, "version": version}}
    assert app_place.look({"python": "/nowhere/python3"})["python"]["version"] == ""


def test_an_account_that_is_not_there_yet_is_nobody() -> None:
    assert app_place.account("no-such-account-yet") == "nobody"
    assert app_place.account(ME) == ME


@pytest.mark.parametrize(
    ("module", "fault"), [("shop.tasks:app", ""), ("shop", ""), ("hop", "has no module `hop`")]
)
def test_the_module_must_be_in_the_directory(module: str, fault: str, shop: Path) -> None:
    assert app_place.directory(shop, module, ME) == fault


def test_a_directory_must_be_there_and_open_to_the_account(shop: Path) -> None:
    assert app_place.directory(shop / "nowhere", "shop", ME) == "is not a directory there"
    if os.geteuid() == 0:
        shop.chmod(0o700)
        assert app_place.directory(shop, "shop", "nobody") == "cannot be read by the user `nobody`"


def test_packages_are_found_without_running_anything(venv: Path) -> None:
    found = app_place.packages(venv)
    assert found == {
        "celery": "5.7.0",
        "kombu": "5.7.0",
        "redis": "8.1.0",
        "prometheus-client": "0.26.0",
    }


def judged(seen: dict[str, Any], **more: Any) -> list[str]:
    app = {"name": "", "label": "app", "celery_set": "5.7", "flower": True, **more}
    faults = preflight_app.judge_application(seen, app, GROUPS, "web1")
    assert all(fault.hint for fault in faults)
    return [fault.message for fault in faults]


def test_what_can_be_used_is_no_fault(venv: Path) -> None:
    packages = {"celery": "5.7.0", "kombu": "5.7.0", "redis": "8.1.0", "flower": "2.2.0"}
    seen = {
        "python": {"path": "/usr/bin/python3.12", "version": "3.12"},
        "existing": {"fault": ""},
        "venv": {"fault": "", "version": "3.13", "packages": packages},
    }
    assert judged(seen, source="existing:/srv/shop", venv="/srv/venv") == []
    assert judged({}) == []


@pytest.mark.parametrize(("version", "says"), [("3.10", "is Python 3.10 there"), ("", "cannot be run there")])
def test_an_interpreter_that_cannot_be_used_is_named(version: str, says: str) -> None:
    seen = {"python": {"path": "/usr/bin/python3.10", "version": version}}
    (message,) = judged(seen, python="3.10")
    assert message.startswith(f"`stack_app_python` is `3.10`: on host web1 `/usr/bin/python3.10` {says}")


def test_a_directory_that_cannot_be_used_is_named() -> None:
    seen = {"existing": {"fault": "is not a directory there"}}
    (message,) = judged(seen, source="existing:/srv/shop")
    assert message == "`stack_app_source` is `existing:/srv/shop`: on host web1 that is not a directory there"


@pytest.mark.parametrize(
    ("venv", "says"),
    [
        ({"fault": "has no `bin/python` that the user `celery` can run"}, "has no `bin/python`"),
        ({"version": "3.9"}, "has Python 3.9"),
        ({"packages": {"celery": "5.7.0"}}, "has no redis and no flower"),
        (
            {"packages": {"celery": "5.7.0", "redis": "5.0", "kombu": "5.7.0", "flower": "2"}},
            "redis-py before",
        ),
    ],
)
def test_an_environment_that_cannot_be_used_is_named(venv: dict[str, Any], says: str) -> None:
    seen = {"venv": {"fault": "", "version": "3.13", "packages": {}, **venv}}
    (message,) = judged(seen, venv="/srv/venv")
    assert says in message


def test_only_hosts_of_the_application_are_asked_and_only_of_what_is_there() -> None:
    only = {"name": "", "label": "app", "module": "shop"}
    app = {**only, "source": "existing:/srv/shop", "python": "3.12"}
    asked = {"name": "app", "user": "celery", "python": "3.12", "existing": "/srv/shop", "module": "shop"}
    assert preflight_app.asked([app], ("workers",), "celery") == [asked]
    assert preflight_app.asked([app], ("brokers",), "celery") == []
    assert preflight_app.asked([{**only, "source": ""}], GROUPS, "celery") == []
    named = preflight_app.asked([{**app, "name": "shop", "label": "shop"}], GROUPS)
    assert [(one["name"], one["user"]) for one in named] == [("shop", "celery-shop")]
