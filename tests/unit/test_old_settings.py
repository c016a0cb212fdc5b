"""Names of settings that Celery does not heed are named at deployment: here by the real Celery."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.import_check import Imported, import_check
from ansible_collections.rabbitry.stack.plugins.module_utils.settings_notes import notes

PLAIN = 'app.config_from_object("shop.conf")\n'
PREFIXED = 'app.config_from_object("shop.conf", namespace="CELERY")\n'
DAILY = '{"daily": {"task": "x", "schedule": 60}}'
HOURLY = '{"hourly": {"task": "x", "schedule": 60}}'


def deploy(root: Path, settings: str, how: str = PLAIN, environment: str = "") -> Imported:
    pytest.importorskip("celery")
    (root / "shop").mkdir(parents=True)
    (root / "shop/conf.py").write_text(settings)
    (root / "shop/__init__.py").write_text(f"from celery import Celery\napp = Celery('shop')\n{how}")
    file = root / "celery.env"
    file.write_text(environment)
    return import_check("shop", root, Path(sys.executable), "", str(file))


@pytest.mark.parametrize("how", [PLAIN, PREFIXED])
def test_old_names_alone_work_and_are_left_alone(tmp_path: Path, how: str) -> None:
    settings = f"BROKER_URL = 'amqp://h'\nCELERYBEAT_SCHEDULE = {DAILY}\nCELERY_ACKS_LATE = True\n"
    assert deploy(tmp_path, settings, how).notes == []


@pytest.mark.parametrize(
    ("settings", "how"),
    [
        ("task_acks_late = True\nbeat_schedule = {}\n", PLAIN),
        ("CELERY_TASK_ACKS_LATE = True\nCELERY_TIMEZONE = 'UTC'\nCELERY_ONCE = {}\n", PREFIXED),
        # Both say the same, so nothing is lost.
        (f"CELERYBEAT_SCHEDULE = CELERY_BEAT_SCHEDULE = {DAILY}\n", PREFIXED),
        ("REDIS_HOST = 'h'\nTASK_COLOURS = []\ntask_acks_late = True\n", PLAIN),
        # An old name that has no new one beside it works with a prefix, whatever else is there.
        ("CELERY_ACKS_LATE = True\nCELERY_BEAT_SCHEDULE = {}\n", PREFIXED),
    ],
)
def test_what_works_is_left_alone(tmp_path: Path, settings: str, how: str) -> None:
    assert deploy(tmp_path, settings, how).notes == []


def test_an_old_name_beside_its_new_one_is_named_with_its_place(tmp_path: Path) -> None:
    settings = f"X = 1\nCELERYBEAT_SCHEDULE = {DAILY}\nCELERY_BEAT_SCHEDULE = {HOURLY}\n"
    (note,) = deploy(tmp_path, settings, PREFIXED).notes
    assert note["message"] == (
        "the setting `CELERYBEAT_SCHEDULE` (shop/conf.py:2) of `shop` has no effect: `CELERY_BEAT_SCHEDULE` "
        "is given too and wins"
    )
    assert note["hint"] == "move what `CELERYBEAT_SCHEDULE` says to `CELERY_BEAT_SCHEDULE`, and delete it"


def test_so_it_is_without_a_prefix(tmp_path: Path) -> None:
    settings = "result_expires = 5\nCELERY_TASK_RESULT_EXPIRES = 6\n"
    (note,) = deploy(tmp_path, settings).notes
    assert "`CELERY_TASK_RESULT_EXPIRES` (shop/conf.py:2)" in note["message"]
    assert "`result_expires` is given too" in note["message"]


def test_and_when_the_new_one_is_set_by_code(tmp_path: Path) -> None:
    how = f"{PREFIXED}app.conf.beat_schedule = {HOURLY}\n"
    (note,) = deploy(tmp_path, f"CELERYBEAT_SCHEDULE = {DAILY}\n", how).notes
    assert "`beat_schedule` is given too" in note["message"]


def test_names_with_a_prefix_that_nobody_reads_are_one_note(tmp_path: Path) -> None:
    names = ("BEAT_SCHEDULE", "TASK_ACKS_LATE", "TASK_ROUTES", "WORKER_CONCURRENCY")
    settings = "".join(f"CELERY_{name} = None\n" for name in names) + "CELERY_ONCE = {}\n"
    (note,) = deploy(tmp_path, settings).notes
    assert "`CELERY_BEAT_SCHEDULE` (shop/conf.py:1), which is `beat_schedule`" in note["message"]
    assert "`CELERY_ONCE` (shop/conf.py:5), which is `ONCE`" in note["message"]
    assert note["message"].endswith(", and 2 more")
    assert 'namespace="CELERY"' in note["hint"]


@pytest.mark.parametrize(
    ("settings", "how", "name"),
    [
        ("result_backend = 'django-db'\n", PLAIN, "result_backend"),
        ("CELERY_RESULT_BACKEND = 'db+sqlite:///x'\n", PLAIN, "CELERY_RESULT_BACKEND"),
        ("CELERY_RESULT_BACKEND = 'rpc://'\n", PREFIXED, "CELERY_RESULT_BACKEND"),
    ],
)
def test_a_result_backend_that_the_environment_overrides_is_named(
    tmp_path: Path, settings: str, how: str, name: str
) -> None:
    redis = "CELERY_RESULT_BACKEND='redis://:secret@h/0'\n"
    (note,) = deploy(tmp_path / "one", settings, how, redis).notes
    assert f"`{name}` (shop/conf.py:1)" in note["message"] and "secret" not in str(note)
    assert "stack_app_results: settings" in note["hint"]
    assert deploy(tmp_path / "two", settings, how).notes == []
    same = f"{name} = 'redis://elsewhere/1'\n"
    assert deploy(tmp_path / "three", same, how, redis).notes == []


def test_mixed_names_are_refused_with_all_of_them(tmp_path: Path) -> None:
    settings = "task_acks_late = True\nresult_expires = 5\nBROKER_URL = 'amqp://h'\nCELERYD_CONCURRENCY = 2\n"
    with pytest.raises(DeploymentError) as raised:
        deploy(tmp_path, settings + "task_routes = {}\n")
    assert str(raised.value) == (
        "application module `shop` mixes old and new names of settings, which Celery refuses: `BROKER_URL` "
        "(shop/conf.py:3) is `broker_url`, `CELERYD_CONCURRENCY` (shop/conf.py:4) is `worker_concurrency`"
    )
    assert raised.value.hint.endswith("celery upgrade settings shop/conf.py")
    assert any("Cannot mix new" in line for line in raised.value.log)


def test_so_they_are_when_most_are_old_or_stand_in_code(tmp_path: Path) -> None:
    old = "CELERY_ACKS_LATE = True\nBROKER_URL = 'amqp://h'\ntask_routes = {}\n"
    with pytest.raises(DeploymentError, match=r"`CELERY_ACKS_LATE` \(shop/conf.py:1\) is `task_acks_late`"):
        deploy(tmp_path / "one", old)
    how = "app.conf.update(task_acks_late=True,\n    CELERYD_CONCURRENCY=2)\n"
    with pytest.raises(DeploymentError, match=r"`CELERYD_CONCURRENCY` \(shop/__init__.py:4\)"):
        deploy(tmp_path / "two", "", how)


def test_the_tool_that_the_hint_names_mends_it(tmp_path: Path) -> None:
    settings = "task_acks_late = True\nresult_expires = 5\nCELERYD_CONCURRENCY = 2\n"
    with pytest.raises(DeploymentError) as raised:
        deploy(tmp_path, settings)
    command = raised.value.hint.partition("Celery do it: ")[2]
    words = [sys.executable, "-m", *shlex.split(command)]
    subprocess.run(words, cwd=tmp_path, capture_output=True, check=True, timeout=60)
    found = import_check("shop", tmp_path, Path(sys.executable), "", "")
    assert found.notes == [] and "worker_concurrency = 2" in (tmp_path / "shop/conf.py").read_text()


def test_a_setting_without_a_known_place_is_still_named() -> None:
    (note,) = notes("shop", [{"name": "A", "new": "b", "why": "shadowed"}])
    assert note["message"].startswith("the setting `A` of `shop` has no effect")


def test_what_an_application_prints_is_no_task(tmp_path: Path) -> None:
    assert deploy(tmp_path / "one", "", 'print("{not a document")\nprint("hello world")\n').tasks == []
    with pytest.raises(DeploymentError, match="No module named 'elsewhere'"):
        deploy(tmp_path / "two", "", 'print("{not a document")\nimport elsewhere\n')
