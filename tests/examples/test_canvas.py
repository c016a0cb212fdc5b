"""Tasks that are put together give what their page says; Flower's HTTP API tells of them."""

from __future__ import annotations

import pytest

from tests.support.example import Deployed, Example
from tests.support.wait import wait_until

SHOWN = """\
chain              20
chain with si      20
group              [0, 1, 4, 9, 16]
chord              {'be': 2, 'is': 1, 'not': 1, 'or': 1, 'that': 1, 'to': 2}
group in a chain   34
chunks             10
failing chord      Dependency {} raised ValueError('not to be')
error callback     canvas.tasks.together failed: Dependency {} raised ValueError('not to be')
"""


class Canvas:
    """What the example `canvas` promises, wherever it is deployed."""

    def test_each_way_gives_its_result(self, example: Example) -> None:
        shown = example.run("python", "-m", "canvas.show").out
        # The one thing that differs is the id of the task that failed.
        identifier = shown.partition("Dependency ")[2].partition(" ")[0]
        assert shown == SHOWN.replace("{}", identifier)

    def test_flower_sends_a_task_and_knows_its_result(self, example: Example) -> None:
        sent = example.flower("/api/task/apply/canvas.tasks.add", '{"args": [20, 22]}')
        assert (sent["state"], sent["result"]) == ("SUCCESS", 42)
        task = f"/api/task/info/{sent['task-id']}"
        wait_until(lambda: example.flower(task)["result"] == "42", 20, "Flower has seen it end")

    def test_flower_knows_the_workers_and_queues(self, example: Example) -> None:
        workers = example.flower("/api/workers?refresh=1")
        assert "canvas.tasks.add" in workers[example.node("default")]["registered"]
        lengths = example.flower("/api/queues/length")["active_queues"]
        assert [queue["name"] for queue in lengths] == ["default"]


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestCanvas(Canvas, Deployed):
    name = "canvas"
