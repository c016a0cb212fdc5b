"""The manager of the Red Hat family against the real dnf and rpm, which Debian has as guests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import CLONE, Checkout
from tests.support.hosts import Host

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]

BUILD = Path(__file__).with_name("dnf_repository.sh")
DRIVER = Path(__file__).with_name("dnf_driver.py")
REPOSITORY = "[test]\nname=test\nbaseurl=file:///srv/rpms\nenabled=1\ngpgcheck=0\n"
LINK = "mkdir -p /srv/collections/ansible_collections/rabbitry && ln -s {} /srv/collections/{}"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """A host with dnf, the modules' code, and a repository that dnf knows."""
    # rpm runs scripts in a namespace of their own, which a host without an init system may not make.
    made = Host.start("trixie", "systemd", label="dnf")
    try:
        made.run(["bash", "-s"], stdin=BUILD.read_text(encoding="utf-8"), seconds=240)
        Checkout.clone_into(made)
        made.run(LINK.format(CLONE, "ansible_collections/rabbitry/stack"))
        made.write("/etc/yum.repos.d/test.repo", REPOSITORY)
        yield made
    finally:
        made.remove()


def do(host: Host, verb: str, *names: str) -> dict[str, Any]:
    answer: dict[str, Any] = host.script(DRIVER.read_text(encoding="utf-8"), verb, *names, seconds=90)
    return answer


def test_a_pinned_version_is_installed_with_what_it_needs(host: Host) -> None:
    answer = do(host, "install", "hutch=1.0")
    assert answer["failed"] == {}
    assert answer["installed"] == {"hutch": "1.0-1", "libhutch": "1.0-1"}


def test_what_came_with_it_is_recorded(host: Host) -> None:
    found = {(kind, name): by for kind, name, by in do(host, "look")["ledger"]}
    assert {name for kind, name in found if kind == "package"} == {"hutch", "libhutch"}
    assert found["user", "hutch"] == found["group", "hutch"] == "hutch"
    assert found["directory", "/var/lib/hutch"] == found["directory", "/etc/hutch"] == "hutch"


def test_the_newer_version_is_installed_when_it_is_asked_for(host: Host) -> None:
    assert do(host, "install", "hutch=2.0-1")["installed"]["hutch"] == "2.0-1"


def test_a_name_that_nobody_has_is_told(host: Host) -> None:
    failed = do(host, "install", "nowhere")["failed"]
    assert "`nowhere` cannot be installed" in failed["message"]
    assert "Unable to find a match: nowhere" in failed["message"]
    assert failed["hint"].startswith("dnf --showduplicates list nowhere")


def test_what_somebody_else_needs_stays(host: Host) -> None:
    host.run(["dnf", "--assumeyes", "--quiet", "install", "warren"], seconds=60)
    needed = do(host, "needed", "hutch", "libhutch")["needed"]
    assert needed == {"hutch": "`warren` needs it", "libhutch": "`hutch` needs it"}
    refused = do(host, "purge", "hutch", "libhutch")
    assert "cannot be removed: `warren` needs it" in refused["failed"]["message"]
    assert set(refused["installed"]) == {"hutch", "libhutch", "warren"}


def test_a_purge_takes_exactly_what_is_named_and_its_configuration(host: Host) -> None:
    host.run(["rpm", "-e", "warren"])
    host.run("echo changed >/etc/hutch/hutch.conf")
    answer = do(host, "purge", "hutch")
    assert (answer["failed"], answer["installed"]) == ({}, {"libhutch": "1.0-1"})
    assert not host.exists("/etc/hutch/hutch.conf.rpmsave")
    assert do(host, "purge", "libhutch")["installed"] == {}


def test_a_repository_takes_its_cache_along(host: Host) -> None:
    assert "test-" in host.run(["ls", "/var/cache/dnf"]).out
    do(host, "forget")
    assert "test-" not in host.run(["ls", "/var/cache/dnf"]).out
