"""Where things are: on Linux as ever, on a Mac below Homebrew's prefix and the home of the user."""

from __future__ import annotations

import os
import pwd
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import layout, ledger, service, transaction
from ansible_collections.rabbitry.stack.plugins.plugin_utils.platform_layout import host_layout

MAC = layout.darwin("/opt/homebrew", "ann", "staff", "/Users/ann")
GATHERED = {"os_family": "Darwin", "user_id": "ann", "user_gid": 20, "user_dir": "/Users/ann"}


def test_linux_has_the_paths_that_it_always_had() -> None:
    assert str(ledger.ROOT) == "/var/lib/rabbitry/ledger"
    assert str(transaction.STATE) == "/var/lib/rabbitry/packages"
    assert service.LAUNCH == "/opt/rabbitry/libexec/launch"
    assert (service.RUN, service.LOGS) == ("/run/rabbitry", "/var/log/rabbitry")
    assert layout.LINUX.data == ["/opt/rabbitry", "/etc/rabbitry", "/var/lib/rabbitry", "/var/log/rabbitry"]
    assert layout.LINUX.owner == {"user": "root", "group": "root"}


def test_nothing_of_a_mac_is_outside_of_the_prefix_and_the_home() -> None:
    paths = [value for value in MAC.facts().values() if value.startswith("/")]
    assert len(paths) == 9
    assert [path for path in paths if not path.startswith(("/opt/homebrew", "/Users/ann"))] == []
    assert MAC.owner == {"user": "ann", "group": "staff"}


@pytest.mark.parametrize(
    ("machine", "installed", "prefix"),
    [
        ("arm64", (), "/opt/homebrew"),
        ("x86_64", (), "/usr/local"),
        ("arm64", ("/opt/homebrew", "/usr/local"), "/opt/homebrew"),
        ("x86_64", ("/opt/homebrew", "/usr/local"), "/usr/local"),
        ("arm64", ("/usr/local",), "/usr/local"),
    ],
)
def test_the_prefix_is_that_of_the_architecture(
    tmp_path: Path, machine: str, installed: tuple[str, ...], prefix: str
) -> None:
    for one in installed:
        (tmp_path / one[1:] / "bin").mkdir(parents=True)
        (tmp_path / one[1:] / "bin/brew").touch()
    assert layout.homebrew(machine, tmp_path) == prefix


def test_the_system_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout.platform, "machine", lambda: "arm64")
    here = layout.of("Darwin")
    me = pwd.getpwuid(os.getuid())
    assert (here.user, here.agents) == (me.pw_name, f"{me.pw_dir}/Library/LaunchAgents")
    assert layout.of("Linux") is layout.LINUX


def test_root_means_the_owner_on_a_mac_alone() -> None:
    item = {"path": "/x", "user": "root", "group": "celery"}
    assert layout.owned(item, layout.LINUX) == item
    assert layout.owned(item, MAC) == {"path": "/x", "user": "ann", "group": "celery"}
    assert layout.owned({"path": "/x"}, MAC) == {"path": "/x"}


@pytest.mark.parametrize(
    ("facts", "local", "expected"),
    [
        ({}, False, layout.LINUX),
        ({"os_family": "Debian"}, True, layout.LINUX),
        ({"rabbitry": {"layout": MAC.facts()}, "os_family": "Darwin"}, False, MAC),
        ({**GATHERED, "architecture": "arm64"}, False, MAC),
        (
            {**GATHERED, "architecture": "x86_64"},
            False,
            layout.darwin("/usr/local", "ann", "staff", "/Users/ann"),
        ),
    ],
)
def test_the_controller_knows_it_from_facts(
    facts: dict[str, Any], local: bool, expected: layout.Layout
) -> None:
    assert host_layout(facts, local) == expected.facts()


def test_before_any_fact_this_machine_is_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "HERE", MAC)
    assert host_layout({}, local=True) == MAC.facts()
    assert host_layout({}, local=False) == layout.LINUX.facts()


def test_the_probes_old_pythons_can_read_it() -> None:
    # A Python 3.9 imports it to say that it is too old: no keyword-only fields.
    assert not any(field.kw_only for field in fields(layout.Layout))
