"""The plugins that run, against the declared set, with stand-ins for API and tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_plugins import Plugins

DECLARED = ["rabbitmq_prometheus", "rabbitmq_management"]
FILE = "[rabbitmq_management,rabbitmq_prometheus].\n"
NEEDED = ["rabbitmq_management_agent", "rabbitmq_web_dispatch"]
KNOWN = {"declared": sorted(DECLARED), "running": sorted([*DECLARED, *NEEDED])}
SAID = """Enabling plugins on node rabbit@localhost:
rabbitmq_management
The following plugins have been configured:
{running}
Applying plugin configuration to rabbit@localhost...
{outcome}
"""


class Node:
    """A node with its plugins; `rabbitmq-plugins set` makes it run those that it has, and what they need.

    `heard` is what its API has heard of, which may be late.
    """

    unchanged = "Plugin configuration unchanged."

    def __init__(self, file: Path, running: list[str], lacks: str = "") -> None:
        self.file, self.names, self.lacks, self.heard = file, running, lacks, running
        self.calls: list[tuple[str, ...]] = []

    def get(self, path: str) -> Any:
        names = [*self.heard, "rabbit", "cowboy", "rabbitmq_prelaunch"]
        return [{"name": "rabbit@localhost", "applications": [{"name": name} for name in names]}]

    def tool(self, name: str, *words: str) -> str:
        self.calls.append((name, *words))
        if self.lacks in words:
            log = ["Error:", "The following plugins were not found: " + self.lacks]
            raise BrokerError("`rabbitmq-plugins set` ended with status 65", "", log)
        before, self.names = sorted(self.names), sorted({*words[1:], *NEEDED})
        self.file.write_text("[" + ",\n ".join(words[1:]) + "].\n")
        outcome = self.unchanged if before == self.names else "stopped 1 plugins."
        return SAID.format(running="\n".join(f"  {one}" for one in self.names), outcome=outcome)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "enabled_plugins"
    path.write_text(FILE)
    path.chmod(0o640)
    return path


def plugins(node: Node, declared: list[str] = DECLARED) -> Plugins:
    return Plugins(node, declared, str(node.file))  # type: ignore[arg-type]


def test_a_first_start_runs_what_its_file_says_and_is_not_asked(file: Path) -> None:
    node = Node(file, [*DECLARED, *NEEDED])
    assert plugins(node).converge(None) == ([], [])
    assert node.calls == []


@pytest.mark.parametrize("words", ["Plugin configuration unchanged.", "nothing to do."])
@pytest.mark.parametrize("known", [KNOWN, {**KNOWN, "running": []}, {**KNOWN, "declared": ["rabbitmq_top"]}])
def test_what_runs_as_declared_is_no_difference(file: Path, words: str, known: dict[str, Any]) -> None:
    node = Node(file, [*DECLARED, *NEEDED])
    node.unchanged = words
    assert plugins(node).converge(known) == ([], KNOWN["running"])


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
    assert file.stat().st_mode & 0o777 == 0o640


def test_an_answer_from_the_time_of_the_start_says_nothing(file: Path) -> None:
    node = Node(file, [*DECLARED, *NEEDED])
    node.heard = ["rabbitmq_prometheus", "rabbitmq_web_dispatch"]
    assert plugins(node).differences(plugins(node).running(), KNOWN) == []


def test_what_the_api_has_not_heard_of_is_turned_back_all_the_same(file: Path) -> None:
    node = Node(file, [*DECLARED, *NEEDED, "rabbitmq_top"])
    node.heard = [*DECLARED, *NEEDED]
    assert plugins(node).converge(KNOWN) == (["plugins"], KNOWN["running"])


def test_what_the_api_still_remembers_is_no_difference(file: Path) -> None:
    node = Node(file, [*DECLARED, *NEEDED])
    node.heard = [*DECLARED, *NEEDED, "rabbitmq_top"]
    assert plugins(node).converge(KNOWN) == ([], KNOWN["running"])


def test_a_plugin_that_is_not_there_is_named(file: Path) -> None:
    node = Node(file, ["rabbitmq_management", *NEEDED], lacks="rabbitmq_prometheus")
    with pytest.raises(BrokerError, match="plugin `rabbitmq_prometheus` is declared and RabbitMQ has none"):
        plugins(node).converge(KNOWN)
    assert file.read_text() == FILE
