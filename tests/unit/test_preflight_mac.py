"""A Mac is judged as one: never as root, by Homebrew's places, with commands that exist there."""

from __future__ import annotations

from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import layout
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import judge
from ansible_collections.rabbitry.stack.plugins.plugin_utils.system_facts import host_facts

from tests.unit.healthy import SEEN, WANTED

MAC: dict[str, Any] = {
    **SEEN,
    "os": {"system": "Darwin", "id": "macos", "version": "15.1", "name": "macOS 15.1", "like": []},
    "uid": 501,
    "user": "ann",
    "supervisor": "launchd",
    "package_manager": "brew",
    "layout": layout.darwin("/opt/homebrew", "ann", "staff", "/Users/ann").facts(),
    "disks": [
        {"path": path, "device": 1, "free": 10 * 2**30} for path in ("/opt/homebrew", "/opt/homebrew/var")
    ],
}


def faults(**changes: Any) -> list[tuple[str, str]]:
    return [(fault.message, fault.hint) for fault in judge({**MAC, **changes}, WANTED)[0]]


def test_a_healthy_mac_is_only_noted() -> None:
    found, notes = judge(MAC, WANTED)
    assert found == [] and len(notes) == 1 and "macOS 15.1" in notes[0]


def test_a_name_that_does_not_resolve_stops_no_laptop() -> None:
    assert faults(resolve_error="nodename nor servname provided") == []


def test_root_is_refused_there() -> None:
    ((message, hint),) = faults(uid=0, user="root")
    assert "Homebrew does not work" in message and hint.startswith("./inv up ")


def test_an_old_mac_is_refused() -> None:
    ((message, hint),) = faults(os={**MAC["os"], "version": "13.6", "name": "macOS 13.6"})
    assert "macOS 14 or newer" in message and hint == "sw_vers"


def test_an_old_python_has_brews_remedy() -> None:
    ((_, hint),) = faults(python={"version": "3.9.6", "executable": "/usr/bin/python3"})
    assert hint.startswith("brew install python@")


def test_a_stranger_is_moved_aside_below_the_prefix() -> None:
    stranger = {"server": "redis", "package": "redis", "evidence": ["data"]}
    ((_, hint),) = faults(strangers=[stranger])
    assert hint.startswith("brew services stop redis && mv /opt/homebrew/var/db/redis ")
    assert "sudo" not in hint and "apt" not in hint


def test_space_is_counted_below_the_prefix() -> None:
    disks = [{"path": path, "device": 1, "free": 2**20} for path in ("/opt/homebrew", "/opt/homebrew/var")]
    ((message, _),) = faults(disks=disks)
    assert "/opt/homebrew" in message


def test_later_plays_know_its_layout() -> None:
    facts = host_facts(MAC, {"stale": True})
    assert facts["os_family"] == "Darwin"
    assert facts["rabbitry"]["layout"]["home"] == "/opt/homebrew/var/rabbitry"
