"""The plugins that run, against the declared set, with stand-ins for API and tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import broker_plugins
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_plugins import Plugins

DECLARED = ["rabbitmq_prometheus", "rabbitmq_management"]
FILE = "[rabbitmq_management,rabbitmq_prometheus].\n"
NEEDED = ["rabbitmq_management_agent", "rabbitmq_web_dispatch"]
KNOWN = {"declared": sorted(DECLARED), "running": sorted([*DECLARED, *NEEDED])}


class Node:
    """A node with its plugins; `rabbitmq-plugins set` makes it run those that it has, and what they need.

    `late` is how many times the API is asked before it has heard what runs.
    """

    late = 0
    unchanged = "Plugin configuration unchanged.\n"

    def __init__(self, file: Path, running: list[str], lacks: str = "") -> None:
        self.file, self.names, self.lacks = file, running, lacks
        self.calls: list[tuple[str, ...]] = []

    def get(self, path: str) -> Any:
        self.late -= 1
        if self.late >= 0:
            return [{"name": "rabbit@localhost"}]
        names = [*self.names, "rabbit", "cowboy"]
        return [{"name": "rabbit@localhost", "applications": [{"name": name} for name in names]}]

    def tool(self, name: str, *words: str) -> str:
        self.calls.append((name, *words))
        before, self.names = self.names, sorted({*words[1:], *NEEDED} - {self.lacks})
        self.file.write_text("[" + ",\n ".join(words[1:]) + "].\n")
        return self.unchanged if before == self.names else "Applied.\n"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_plugins, "SECONDS", 0.05)
    monkeypatch.setattr(broker_plugins, "PAUSE", 0.01)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "enabled_plugins"
    path.write_text(FILE)
    return path


def plugins(node: Node, declared: list[str] = DECLARED) -> Plugins:
    return Plugins(node, declared, str(node.file))  # type: ignore[arg-type]


def test_what_runs_at_first_is_taken_as_it_is_with_what_it_needs(file: Path) -> None:
    node = Node(file, [*DECLARED, *NEEDED])
    assert plugins(node).converge(None) == ([], KNOWN["running"])
    assert plugins(node).converge(KNOWN) == ([], KNOWN["running"])
    assert node.calls == []


@pytest.mark.parametrize(
    ("by_hand", "words"),
    [
        ([*DECLARED, *NEEDED, "rabbitmq_top"], ["plugin `rabbitmq_top` is on"]),
        (["rabbitmq_management", *NEEDED], ["plugin `rabbitmq_prometheus` is off"]),
    ],
)
def test_what_was_turned_by_hand_is_turned_back_and_the_file_left_as_it_is(
    file: Path, by_hand: list[str], words: list[str]
) -> None:
    node = Node(file, by_hand)
    assert plugins(node).differences(plugins(node).running(), KNOWN) == words
    assert plugins(node).converge(KNOWN) == (words, KNOWN["running"])
    assert node.calls == [("rabbitmq-plugins", "set", "rabbitmq_management", "rabbitmq_prometheus")]
    assert file.read_text() == FILE


def test_another_declared_set_is_no_difference(file: Path) -> None:
    node = Node(file, sorted(["rabbitmq_management", *NEEDED]))
    assert plugins(node, ["rabbitmq_management"]).converge(KNOWN)[0] == []


def test_a_first_start_is_not_waited_for(file: Path) -> None:
    node = Node(file, [*DECLARED, *NEEDED])
    node.late = 1
    assert plugins(node).converge(None) == ([], [])
    assert node.calls == []


def test_what_the_first_start_did_not_tell_is_settled_by_the_next_run(file: Path) -> None:
    unheard = {"declared": sorted(DECLARED), "running": []}
    node = Node(file, sorted([*DECLARED, *NEEDED]))
    assert plugins(node).converge(unheard) == ([], KNOWN["running"])
    node = Node(file, [*DECLARED, *NEEDED, "rabbitmq_top"])
    assert plugins(node).converge(unheard) == (["plugins"], KNOWN["running"])


def test_a_declared_plugin_that_does_not_run_is_named(file: Path) -> None:
    node = Node(file, ["rabbitmq_management", *NEEDED], lacks="rabbitmq_prometheus")
    with pytest.raises(
        BrokerError, match="plugin `rabbitmq_prometheus` is declared and RabbitMQ does not run"
    ):
        plugins(node).converge(KNOWN)


@pytest.mark.parametrize("words", ["Plugin configuration unchanged.\n", "Applying ...\nnothing to do.\n"])
def test_the_node_says_whether_anything_was_turned(file: Path, words: str) -> None:
    node = Node(file, ["rabbitmq_management"])
    node.unchanged = words
    assert plugins(node).set() is True
    assert plugins(node).set() is False


def test_an_api_that_has_not_heard_yet_is_waited_for(file: Path) -> None:
    node = Node(file, [*DECLARED, *NEEDED])
    node.late = 2
    assert plugins(node).converge(KNOWN) == ([], KNOWN["running"])
    node.late = 1
    assert plugins(node).differences(plugins(node).running(), KNOWN) == []
    assert node.calls == []
