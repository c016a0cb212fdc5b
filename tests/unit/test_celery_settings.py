"""Celery's settings, the timeouts that follow from the longest task, and the pinned sets."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery import celery_settings, celery_timeouts
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery_sets import (
    SETS,
    judge,
    leading,
    refusal,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.topology import celery_topology

FILES = Path(__file__).resolve().parents[2] / "roles" / "celery_app" / "files"


@pytest.fixture
def stack_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as workers import it, beside a document of two queues."""
    for name in ("stack_settings.py", "stack_django.py"):
        shutil.copy(FILES / "lib" / name, tmp_path)
    document = json.dumps(celery_settings(["default", "math"]))
    (tmp_path / "stack_settings.json").write_text(document, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "stack_settings", raising=False)
    return importlib.import_module("stack_settings")


def test_defaults_are_those_that_lose_no_task() -> None:
    settings = celery_settings(["default"])["settings"]
    assert settings["task_acks_late"] and settings["task_reject_on_worker_lost"]
    assert settings["broker_transport_options"] == {"confirm_publish": True}
    assert (settings["task_default_queue_type"], settings["task_default_exchange_type"]) == (
        "quorum",
        "topic",
    )
    assert settings["worker_prefetch_multiplier"] == 4


def test_all_settings_are_known_to_celery() -> None:
    defaults = pytest.importorskip("celery.app.defaults")
    known = {name for name, _ in defaults.flatten(defaults.NAMESPACES)}
    assert set(celery_settings(["default"])["settings"]) <= known


def test_own_settings_win() -> None:
    settings = celery_settings(["default"], settings={"worker_prefetch_multiplier": 1})["settings"]
    assert settings["worker_prefetch_multiplier"] == 1


def test_old_upper_case_names_are_refused() -> None:
    with pytest.raises(ValueError, match="`CELERY_ACKS_LATE`: "):
        celery_settings(["default"], settings={"CELERY_ACKS_LATE": True})


@pytest.mark.parametrize("queues", [[], "default"])
def test_queues_must_be_a_list_of_names(queues: list[str]) -> None:
    with pytest.raises(ValueError, match="queues is"):
        celery_settings(queues)


def test_older_set_uses_classic_queues_and_refuses_quorum() -> None:
    assert celery_settings(["default"], celery_set="5.6")["queue_type"] == "classic"
    with pytest.raises(ValueError, match=r"Celery 5\.6 with quorum queues"):
        celery_settings(["default"], celery_set="5.6", queue_type="quorum")


def test_unknown_set_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`4\.4` is not one of 5\.7, 5\.6"):
        celery_settings(["default"], celery_set="4.4")


def test_every_timeout_leaves_room_for_the_longest_task() -> None:
    times = celery_timeouts(3600, prefetch=4)
    assert times["soft_time_limit"] < times["time_limit"] == 3600 < times["stop_timeout"]
    assert times["consumer_timeout"] == times["visibility_timeout"] == 5 * 3600
    assert celery_timeouts(10)["consumer_timeout"] == 1800


@pytest.mark.parametrize("seconds", [0, -1, True, "60", 1.5])
def test_longest_task_must_be_whole_seconds(seconds: int) -> None:
    with pytest.raises(ValueError, match="longest_task is"):
        celery_timeouts(seconds)


def test_workers_declare_queues_as_the_broker_has_them(stack_settings: ModuleType) -> None:
    pytest.importorskip("kombu")
    topology = celery_topology(["default", "math"], "app", "tasks")
    declared = {queue["name"]: queue for queue in topology["queues"]}
    for queue in stack_settings.task_queues:
        assert queue.queue_arguments == declared[queue.name]["arguments"]
        assert (queue.durable, queue.routing_key) == (True, queue.name)
        assert (queue.exchange.name, queue.exchange.type, queue.exchange.durable) == ("tasks", "topic", True)


def test_settings_module_exports_settings_and_nothing_private(stack_settings: ModuleType) -> None:
    names = set(stack_settings.__all__)
    assert {"task_queues", "stack_queue", "task_acks_late", "broker_transport_options"} <= names
    assert not any(name.startswith("_") for name in names)


def test_django_takes_the_same_settings_by_its_own_names(
    stack_settings: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    celery = pytest.importorskip("celery")
    monkeypatch.delitem(sys.modules, "stack_django", raising=False)
    stack_django = importlib.import_module("stack_django")
    taken = {name: getattr(stack_django, name) for name in stack_django.__all__}
    assert taken.pop("stack_queue") is stack_settings.stack_queue
    # Django heeds upper-case names only.
    assert taken and all(name.isupper() and name.startswith("CELERY_") for name in taken)
    app = celery.Celery("shop", set_as_current=False)
    app.config_from_object(stack_django, namespace="CELERY")
    own = {name: getattr(stack_settings, name) for name in stack_settings.__all__ if name != "stack_queue"}
    assert {name: app.conf[name] for name in own} == own


@pytest.mark.parametrize("celery_set", SETS)
def test_locks_hold_the_versions_of_the_table(celery_set: str) -> None:
    text = (FILES / "locks" / f"{celery_set}.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))
    assert {name: pinned[name] for name in ("celery", "kombu", "redis")} == {
        name: version for name, version in SETS[celery_set].items() if name != "queue_type"
    }
    assert refusal(pinned) == ""
    assert {"flower", "pika", "celery-redbeat"} <= set(pinned)


@pytest.mark.parametrize("lock", ["5.7", "5.6", "uv"])
def test_locks_are_hashed_and_name_no_host(lock: str) -> None:
    text = (FILES / "locks" / f"{lock}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    for entry in re.split(r"\n(?=[a-z])", text.strip()):
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize(
    ("celery", "kombu", "redis", "reason"),
    [
        ("5.6.2", "5.7.0", "", "stalls on RabbitMQ 4"),
        ("5.7.0", "5.6.2", "", "does not run with a kombu before 5.7"),
        ("5.5.3", "5.5.4", "", "was not tried here"),
        ("5.6.2", "5.6.2", "8.1.0", "redis-py 6.5 or later"),
        ("5.7.0", "5.7.0", "5.2.0", "redis-py before 6.4"),
        ("5.7.0", "5.7.0", "8.1.0", ""),
        ("5.6.2", "5.6.2", "6.4.0", ""),
        ("5.7.0", "", "", ""),
    ],
)
def test_pairs_that_fail_are_refused_with_the_reason(
    celery: str, kombu: str, redis: str, reason: str
) -> None:
    found = refusal({"celery": celery, "kombu": kombu, "redis": redis})
    assert reason in found
    assert bool(reason) == bool(found)


PINS_57 = {"celery": "5.7.0", "kombu": "5.7.0", "redis": "8.1.0"}


@pytest.mark.parametrize(
    ("pins", "celery_set"),
    [
        ({"requests": "2.34.2"}, "5.7"),
        (PINS_57, "5.7"),
        ({**PINS_57, "celery": "5.7.3", "redis": "7.0.1"}, "5.7"),
        ({"celery": "5.8.0", "kombu": "5.8.0"}, "5.7"),
        ({"celery": "5.6.2", "kombu": "5.6.2", "redis": "6.4.0"}, "5.6"),
    ],
)
def test_pins_that_work_together_are_let_through(pins: dict[str, str], celery_set: str) -> None:
    assert judge(pins, celery_set, "uv.lock", "stack_celery_set") is None


@pytest.mark.parametrize(
    ("pins", "message", "hint"),
    [
        (
            {"celery": "5.7.0", "kombu": "5.6.2"},
            "`uv.lock` pins celery 5.7.0, kombu 5.6.2, which does not go with set 5.7: Celery 5.7 does not",
            "pin celery==5.7.0 kombu==5.7.0 in `uv.lock`",
        ),
        ({"redis": "5.2.1"}, "kombu 5.7 does not run with a redis-py before 6.4", "pin redis==8.1.0"),
        (
            {"celery": "5.6.2", "kombu": "5.6.2", "redis": "6.4.0"},
            "its settings are not for Celery 5.6.2",
            'write `stack_celery_set: "5.6"` and `stack_queue_type: classic`',
        ),
        ({"celery": "5.5.3", "kombu": "5.7.0"}, "Celery before 5.6 was not tried here", "pin celery==5.7.0"),
    ],
)
def test_pins_that_fail_are_refused_with_the_reason(pins: dict[str, str], message: str, hint: str) -> None:
    fault = judge(pins, "5.7", "uv.lock", "stack_celery_set")
    assert fault and message in fault.message and fault.hint.startswith(hint), fault


def test_what_leads_takes_the_pins_of_the_application() -> None:
    wanted = "celery[redis]==5.7.0\nkombu==5.7.0\nredis\nflower==2.2.0\n"
    own = "celery[redis]==5.7.2\nkombu==5.7.0\nredis==8.0.0\nflower==2.2.0\n"
    assert leading(wanted, {"celery": "5.7.2", "redis": "8.0.0", "requests": "2"}) == own
