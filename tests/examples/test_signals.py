"""Each of Celery's task signals fires, for the right task and in the right process."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.example import Deployed, Example

RECORDS = "import json; from signals import records; print(json.dumps(records.read()))"


class Signals:
    """What the example `signals` promises, wherever it is deployed."""

    @pytest.fixture(scope="class")
    @classmethod
    def shown(cls, example: Example) -> str:
        return example.run("python", "-m", "signals.show").out

    @pytest.fixture(scope="class")
    @classmethod
    def seen(cls, example: Example, shown: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = example.python(RECORDS)
        return found

    def test_the_program_shows_all_nine(self, shown: str) -> None:
        assert shown.rstrip().endswith("all nine were seen")

    @pytest.mark.parametrize(
        ("task", "process", "signals"),
        [
            ("add", "ForkPoolWorker", ["task_prerun", "task_success", "task_postrun"]),
            ("fail", "ForkPoolWorker", ["task_prerun", "task_failure", "task_postrun"]),
            ("not_there", "MainProcess", ["task_unknown"]),
            ("add, revoked", "MainProcess", ["task_revoked"]),
        ],
    )
    def test_a_task_sets_off_these_in_the_worker(
        self, shown: str, seen: list[dict[str, Any]], task: str, process: str, signals: list[str]
    ) -> None:
        of_task = [record for record in seen if record["id"] == identifier(shown, task)]
        sent, run = of_task[:2], of_task[2:]
        assert [record["signal"] for record in sent] == ["before_task_publish", "after_task_publish"]
        assert {record["process"] for record in sent} == {"show/MainProcess"}
        assert [record["signal"] for record in run] == signals
        assert [r["process"] for r in run if not r["process"].startswith(f"celery/{process}")] == []

    def test_a_retry_is_published_by_the_worker_under_the_same_id(
        self, shown: str, seen: list[dict[str, Any]]
    ) -> None:
        again = [record["signal"] for record in seen if record["id"] == identifier(shown, "fail_once")]
        first = ["task_prerun", "before_task_publish", "after_task_publish", "task_retry", "task_postrun"]
        last = ["task_prerun", "task_success", "task_postrun"]
        assert again == ["before_task_publish", "after_task_publish", *first, *last]

    def test_the_published_headers_are_whole(self, shown: str, seen: list[dict[str, Any]]) -> None:
        published = next(record for record in seen if record["id"] == identifier(shown, "add"))
        headers = published["details"]["headers"]
        assert headers["id"] == headers["root_id"] == published["id"]
        assert {name: headers[name] for name in ("lang", "task", "retries", "argsrepr", "parent_id")} == {
            "lang": "py",
            "task": "signals.tasks.add",
            "retries": 0,
            "argsrepr": "(1, 200)",
            "parent_id": None,
        }
        assert headers["origin"].startswith("gen")


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestSignals(Signals, Deployed):
    name = "signals"


def identifier(shown: str, task: str) -> str:
    """The id that the program printed for a task."""
    return next(line.split()[-1] for line in shown.splitlines() if line.startswith(f"{task}  "))
