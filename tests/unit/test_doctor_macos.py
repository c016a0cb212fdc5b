"""The checks of a Mac and what is collected for them, on recorded lines and a prefix made of files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import evidence_system
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question

from rabbitry.doctor.checks import macos
from rabbitry.doctor.evidence import Evidence
from tests.unit.stack_document import SECRETS, document, stack

PLIST = "Library/LaunchDaemons/homebrew.mxcl.rabbitmq.plist"


def evidence(**sections: Any) -> Evidence:
    return Evidence("localhost", 0.0, sections)


def test_sudo_brew_services_is_seen_by_its_daemons_and_files(tmp_path: Path) -> None:
    prefix = tmp_path / "opt/homebrew"
    for path in (prefix / "Cellar/rabbitmq/4.1.3", prefix / "var/db/redis", prefix / "Cellar/jq"):
        path.mkdir(parents=True)
    (tmp_path / PLIST).parent.mkdir(parents=True)
    (tmp_path / PLIST).touch()
    found = evidence_system.homebrew(prefix, tmp_path, os.getuid())
    assert found["daemons"] == [str(tmp_path / PLIST)]
    assert found["root_owned"] == [str(prefix / "Cellar/rabbitmq"), str(prefix / "var/db/redis")]
    said = macos.brew_root_owned(stack(), evidence(system={"homebrew": found}))
    assert said and PLIST in said.wrong and str(prefix / "var/db/redis") in said.evidence
    clean = evidence_system.homebrew(prefix, tmp_path / "other", os.getuid() + 1)
    assert clean == {"daemons": [], "root_owned": []}
    assert macos.brew_root_owned(stack(), evidence(system={"homebrew": clean})) is None
    assert macos.brew_root_owned(stack(), evidence(system={"homebrew": None})) is None


def test_a_child_that_forked_unsafely() -> None:
    line = "objc[39430]: +[NSString initialize] may have been in progress in another thread when fork() was"
    found = macos.fork_safety(stack(), evidence(logs={"stack-worker-math": [f"{line} called."]}))
    assert found and "stack-worker-math" in found.wrong
    assert macos.fork_safety(stack(), evidence(logs={"stack-worker-math": ["ready."]})) is None


@pytest.mark.parametrize(
    ("program", "tenant"), [("ControlCe", "AirPlay Receiver"), ("adb", "Android's adb"), ("Python", "")]
)
def test_a_program_of_macos_has_the_port(program: str, tenant: str) -> None:
    listener = {
        "address": "*", "port": 5555, "user": "me", "pid": 7, "program": program, "ours": False,
        "command": program, "unit": "", "service": "",
    }  # fmt: skip
    services = {"stack-flower": {"running": False, "state": "crashing", "reason": ""}}
    seen = evidence(pulse={"services": services}, facts={"listeners": [listener]})
    found = macos.port_conflict(stack(), seen)
    assert (found.wrong if found else "") == (
        f"port 5555 of stack-flower is taken by {tenant} (`{program}`)" if tenant else ""
    )


def test_the_machine_s_evidence_is_read_from_its_files(tmp_path: Path) -> None:
    for name, content in {
        "proc/sys/vm/overcommit_memory": "1\n",
        "sys/fs/selinux/enforce": "1",
        "var/log/audit/audit.log": 'avc:  denied  { a } comm="cat"\navc:  denied  { a } comm="celery" x\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(content)
    asked = document(flower=1)
    found = evidence_system.collect(Question(asked, SECRETS, "localhost"), tmp_path)
    assert found["overcommit"] == "1"
    assert [one["path"] for one in found["disks"]] == [str(tmp_path / "var/log")]
    assert 0 < found["disks"][0]["free"] <= found["disks"][0]["total"]
    assert found["selinux"] == {"enforcing": True, "denials": ['avc:  denied  { a } comm="celery" x']}
    # Nothing listens there: that is an answer too.
    assert found["flower"] == {"app": 0}
