"""The checks of workers and applications, on evidence as it was recorded on broken hosts."""

from __future__ import annotations

from typing import Any

import pytest

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import checks
from rabbitry.model import Stack
from tests.unit.stack_document import document

STACK = Stack.from_data(document())
WORKER = STACK.app.workers[0]
HOST, SERVICE = WORKER.host, WORKER.service
NODE = f"{WORKER.name}@web1"
NOW = 1_795_460_700.0
UNIT = f"{SERVICE}.service"
COMMAND = (
    "/opt/rabbitry/venvs/22ae5a93bb28209f/bin/python /opt/rabbitry/venv/bin/celery"
    " -A sample worker -n default@%h -Q default,math -P prefork -l INFO -I rabbitry_probe --concurrency=2"
)
URLS = {
    "CELERY_BROKER_URL": {"url": "amqp://app:**@127.0.0.1:5672/app", "unquoted": []},
    "CELERY_RESULT_BACKEND": {"url": "redis://:**@127.0.0.1:6379/0", "unquoted": []},
}


def process(**more: Any) -> dict[str, Any]:
    facts = {"pid": 1090, "user": "celery", "name": "celery", "command": COMMAND, "service": "", "unit": UNIT}
    return {**facts, "directory": "/opt/rabbitry/current", "state": "S", "files": 1024, **more}


def application(**more: Any) -> dict[str, Any]:
    answering = {
        f"{one.name}@{'web1' if one.host == HOST else one.host}": one.queues for one in STACK.app.workers
    }
    return {
        "python": "3.13.5",
        "packages": {"celery": "5.7.0"},
        "error": "",
        "shadows": [],
        "variables": URLS,
        "hostname": "web1",
        "main": "sample",
        "broker": URLS["CELERY_BROKER_URL"]["url"],
        "backend": URLS["CELERY_RESULT_BACKEND"]["url"],
        "broker_error": "",
        "backend_error": "",
        "conf": {"accept_content": ["json"], "task_ignore_result": False},
        "tasks": ["sample.tasks.add"],
        "schedule": {"tick": "sample.tasks.add"},
        "sends_to": [*STACK.app.queues],
        "ignored": [],
        "nodes": {name: [*queues] for name, queues in answering.items()},
        **more,
    }


def evidence(*log: str, state: str = "running", since: float = NOW - 300, **sections: Any) -> Evidence:
    pulse = {
        "running": state == "running", "state": state, "enabled": True, "pid": 1090, "since": since,
        "restarts": 0, "reason": "",
    }  # fmt: skip
    return Evidence(
        HOST,
        NOW,
        {
            "pulse": {"services": {one.service: pulse for one in STACK.app.workers if one.host == HOST}},
            "logs": {SERVICE: list(log)},
            "processes": [process()],
            "app": application(),
            **sections,
        },
    )


def judge(slug: str, seen: Evidence) -> Found | None:
    return checks()[f"celery/{slug}"](STACK, seen)


MINE = [slug.partition("/")[2] for slug in checks() if slug.startswith("celery/")]


@pytest.mark.parametrize("slug", MINE)
def test_a_healthy_host_has_none_of_them(slug: str) -> None:
    assert judge(slug, evidence()) is None


@pytest.mark.parametrize("slug", MINE)
def test_a_host_of_which_nothing_is_known_has_none_of_them(slug: str) -> None:
    assert judge(slug, Evidence(HOST, NOW)) is None
    assert judge(slug, Evidence("elsewhere", NOW, {"app": {"fault": "no word"}})) is None


LOST = "[… ERROR/MainProcess] Process 'ForkPoolWorker-1' pid:1225 exited with 'signal 9 (SIGKILL)'"
MIXED = "celery.exceptions.ImproperlyConfigured: Cannot mix new and old setting keys, please rename"


@pytest.mark.parametrize(
    ("slug", "seen", "wrong"),
    [
        ("worker_down", evidence(state="stopped"), f"`{SERVICE}` is stopped"),
        (
            "worker_frozen",
            evidence(processes=[process(state="T")]),
            f"process 1090 of `{SERVICE}` is stopped",
        ),
        ("no_answer", evidence(app=application(nodes={})), f"its node `{NODE}` does not answer"),
        (
            "queue_not_consumed",
            evidence(app=application(sends_to=[*STACK.app.queues, "urgent"])),
            "no worker consumes from the queue `urgent`",
        ),
        (
            "root_pickle",
            evidence(app=application(conf={"accept_content": ["pickle", "json"]})),
            "accepts messages written as pickle",
        ),
        (
            "wrong_app",
            evidence(app={"error": "ModuleNotFoundError: No module named 'sample'"}),
            "cannot be imported: ModuleNotFoundError: No module named 'sample'",
        ),
        (
            "wrong_app",
            evidence(app={"fault": "`/opt/rabbitry/venv/bin/python` is not there"}),
            "cannot be imported: `/opt/rabbitry/venv/bin/python` is not there",
        ),
        (
            "shadow_module",
            evidence(app={"error": "ImportError: x", "shadows": ["/opt/rabbitry/current/celery.py"]}),
            "`/opt/rabbitry/current/celery.py` hides the package",
        ),
        (
            "mixed_settings",
            evidence(app={"error": MIXED}),
            "mixes names of settings: Cannot mix new and old setting keys",
        ),
        (
            "ignored_settings",
            evidence(app=application(ignored=["the setting `A` has no effect", "nor has `B`"])),
            "the setting `A` has no effect",
        ),
        ("backend_amqp", evidence(app=application(backend="amqp://")), "the result backend is `amqp://`"),
        ("backend_amqp", evidence(app=application(broker="rpc://")), "the broker is `rpc://`"),
        (
            "url_special_characters",
            evidence(app={"variables": {"CELERY_BROKER_URL": {"url": "amqp://app:**@h", "unquoted": ["#"]}}}),
            "the password in `CELERY_BROKER_URL` has # as it is",
        ),
        ("result_disabled", evidence(app=application(backend="")), "has no result backend"),
        (
            "connection_refused",
            evidence(
                app=application(
                    broker="amqp://app:**@127.0.0.1:5999/app",
                    broker_error="ConnectionRefusedError: [Errno 111] Connection refused",
                )
            ),
            "`amqp://app:**@127.0.0.1:5999/app`, does not answer",
        ),
        (
            "connection_refused",
            evidence(app=application(backend_error="redis.exceptions.TimeoutError: Timeout: timed out")),
            "the result backend of `sample`",
        ),
        (
            "unregistered_task",
            evidence("Received unregistered task of type 'sample.missing'."),
            "has no task `sample.missing`",
        ),
        (
            "unregistered_task",
            evidence("Received unregistered task of type 'sample.tasks.add'."),
            "runs older code than the release",
        ),
        (
            "unregistered_task",
            evidence(app=application(schedule={"nightly": "sample.gone"})),
            "beat's entry `nightly` sends the task `sample.gone`",
        ),
        ("worker_lost", evidence(LOST), f"a child process of `{SERVICE}` was killed"),
        (
            "serializer",
            evidence("ContentDisallowed: Refusing to deserialize untrusted content of type pickle"),
            "threw away a message that it may not read",
        ),
    ],
)
def test_a_trouble_is_named_with_its_thing_and_value(slug: str, seen: Evidence, wrong: str) -> None:
    found = judge(slug, seen)
    assert found is not None and wrong in found.wrong


@pytest.mark.parametrize("slug", ["no_answer", "queue_not_consumed"])
def test_a_worker_that_has_just_started_may_be_silent(slug: str) -> None:
    assert judge(slug, evidence(since=NOW - 3, app=application(nodes={}))) is None


def test_a_queue_is_not_missed_while_a_worker_is_silent() -> None:
    assert judge("queue_not_consumed", evidence(app=application(nodes={}))) is None


def test_an_application_that_ignores_all_results_needs_no_backend() -> None:
    seen = evidence(app=application(backend="", conf={"task_ignore_result": True}))
    assert judge("result_disabled", seen) is None


def test_what_a_worker_said_before_it_ended_is_no_evidence_of_the_present() -> None:
    assert judge("worker_lost", evidence(LOST, state="stopped")) is None


def test_a_worker_that_finishes_its_tasks_is_not_down() -> None:
    assert judge("worker_down", evidence(state="stopping")) is None
