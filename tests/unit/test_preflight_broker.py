"""Which data of a broker may be there, which release comes to it, and the way when the two do not fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import judge
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_broker import hop, newer

from tests.unit.healthy import SEEN, WANTED

DATA_OF_310 = {
    "recorded": {"rabbitmq-server": "3.10.8-1.1"},
    "packages": {"rabbitmq-server": {"installed": "4.0.5-6", "candidate": ""}},
    "data": {"rabbitmq": True},
}


BROKER_OF_310 = {
    **DATA_OF_310,
    "packages": {"rabbitmq-server": {"installed": "3.10.8-1.1", "candidate": "4.0.5-6"}},
}


def test_a_release_that_the_packages_are_about_to_bring_is_refused() -> None:
    (fault,) = judge({**SEEN, **BROKER_OF_310}, WANTED)[0]
    about = "4.0 opens that of 3.13, and the package sources of the host have that one instead of the"
    assert about in fault.message
    assert fault.hint.startswith("./inv rebuild   # keeps the old data aside")
    assert judge({**SEEN, **BROKER_OF_310, "data": {"rabbitmq": False}}, WANTED) == ([], [])


def test_a_vendors_release_that_cannot_open_the_data_names_the_way_too() -> None:
    packages = {"rabbitmq-server": {"installed": "3.10.8-1.1", "candidate": "3.10.8-1.1"}}
    seen = {**SEEN, **DATA_OF_310, "packages": packages}
    (fault,) = judge(seen, replace(WANTED, vendor_version="4.2.10"))[0]
    assert "RabbitMQ 4.2.10 cannot open the data of 3.10.8-1.1" in fault.message
    assert fault.hint.startswith("./inv rebuild ") and "--without" not in fault.hint


@pytest.mark.parametrize("changes", [DATA_OF_310, BROKER_OF_310])
def test_a_broker_that_is_built_anew_need_not_open_its_data(changes: dict[str, Any]) -> None:
    assert judge({**SEEN, **changes}, replace(WANTED, rebuilds=True)) == ([], [])


def test_a_broker_that_is_built_anew_is_judged_as_the_release_that_comes() -> None:
    classic = replace(WANTED, celery=(("5.7", "classic"),))
    assert judge({**SEEN, **BROKER_OF_310, "data": {"rabbitmq": False}}, classic) == ([], [])
    (fault,) = judge({**SEEN, **BROKER_OF_310}, replace(classic, rebuilds=True))[0]
    assert "RabbitMQ 4.0.5-6" in fault.message


def test_the_packages_that_move_are_those_of_the_distribution() -> None:
    assert newer(BROKER_OF_310, "") == ["rabbitmq-server=4.0.5-6"]
    assert newer(BROKER_OF_310, "4.2.10") == newer(DATA_OF_310, "") == []


@pytest.mark.parametrize(
    ("installed", "vendor", "data", "moves"),
    [
        ("4.0.5-6", "4.2.10", True, "4.0.5-6 -> 4.2.10"),
        ("4.2.10-1", "4.2.10", True, ""),
        ("4.0.5-6", "4.2.10", False, ""),
        ("4.0.5-6", "", True, ""),
        ("", "4.2.10", True, ""),
    ],
)
def test_a_hop_is_a_broker_with_data_that_gets_another_release(
    installed: str, vendor: str, data: bool, moves: str
) -> None:
    seen = {"packages": {"rabbitmq-server": {"installed": installed}}, "data": {"rabbitmq": data}}
    assert hop(seen, vendor) == moves
