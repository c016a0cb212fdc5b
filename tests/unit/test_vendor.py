"""Packages of RabbitMQ's vendor: which pairs fit, which data a release opens, and what a host is given."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import pins, rabbitmq_releases
from ansible_collections.rabbitry.stack.plugins.plugin_utils import vendor
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import judge

from tests.support.repository import ROOT, load
from tests.unit.healthy import SEEN, WANTED, faults_of

KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nx\n"
URL = "https://mirror.example.org/rabbitmq"
TRIXIE = {"os_family": "Debian", "distribution": "Debian", "distribution_release": "trixie"}
NOBLE = {"os_family": "Debian", "distribution": "Ubuntu", "distribution_release": "noble"}
ROCKY = {"os_family": "RedHat", "distribution": "Rocky", "distribution_release": "Blue Onyx"}


def plan(system: dict[str, str], **changes: str) -> dict[str, Any]:
    given = {"url": URL, "version": "4.2.10", "erlang_version": "27.3.4", "key": KEY, **changes}
    return vendor.rabbitmq_vendor("vendor", system, **given)


def content(system: dict[str, str], ending: str, **changes: str) -> str:
    files: dict[str, str] = {file["path"]: file["content"] for file in plan(system, **changes)["sources"]}
    return next(text for path, text in files.items() if path.endswith(ending))


@pytest.mark.parametrize(
    ("version", "wanted", "met"),
    [
        ("1:27.3.4.6-1", "27.3.4", True),
        ("1:27.3.4+dfsg-1", "27.3.4", True),
        ("1:27.3.4.6-1", "1:27.3.4.6-1", True),
        ("1:27.3.4.6-1", "27.3.4.6-1", True),
        ("1:27.3.4.6-1", "27.3.4.6-2", False),
        ("27.3.40-1", "27.3.4", False),
        ("4.0.5-1+vendor1", "4.0.5-1", False),
        ("4.2.10-1.el8", "4.2.10", True),
    ],
)
def test_a_version_is_met_as_far_as_it_is_given(version: str, wanted: str, met: bool) -> None:
    assert pins.met(f"x={wanted}", {"x": version}) is met
    assert bool(re.search(vendor.pattern(wanted)[1:-1], version)) is met  # apt's preferences agree


def test_a_name_is_asked_for_once() -> None:
    assert pins.merge(["redis", "x", "x=1", "redis"]) == ["redis", "x=1"]
    assert pins.missing(["redis", "x=1", "y"], {"x": "2-1", "y": "1"}) == ["redis", "x=1"]


@pytest.mark.parametrize(
    ("version", "erlang", "range_"),
    [
        ("4.2.10", "27.3.4", ""),
        ("4.2.8", "26.2.5.13", ""),
        ("4.2.10", "26.2.5.13", "27.0 or newer, older than 28"),
        ("4.2.10", "28.1", "27.0 or newer, older than 28"),
        ("4.0.3", "27.0", "26.2 or newer, older than 26.3"),
        ("4.0.5-1+vendor1", "1:27.3.4.1-1", ""),
        ("3.13.7", "26.2", ""),
        ("3.10.19", "24.3.4.7", "24.3.4.8 or newer, older than 25.4"),
        ("4.2.10", "27", ""),
        ("4.4.0", "27.3.4", "nothing is known of the Erlang that RabbitMQ 4.4.0 needs"),
        ("3.9.27", "25.0", "nothing is known of the Erlang that RabbitMQ 3.9.27 needs"),
    ],
)
def test_erlang_fits_the_broker(version: str, erlang: str, range_: str) -> None:
    found = rabbitmq_releases.erlang_mismatch(version, erlang)
    assert range_ in found and bool(found) is bool(range_)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("4.0.5-6+deb13u2", "4.2.10", ""),
        ("4.0.5-6+deb13u2", "4.0.5-1+vendor1", ""),
        ("3.13.7", "4.2.10", ""),
        ("4.2.10", "4.2.11", ""),
        ("3.10.8-1.1+deb12u1", "4.2.10", "4.2 opens that of 4.1 or 4.0 or 3.13"),
        ("4.0.5", "4.3.5", "4.3 opens that of 4.2"),
        ("4.2.10", "4.2.9", "is older than 4.2.10"),
        ("4.2.10", "3.13.7", "is older than 4.2.10"),
        ("4.4.1", "4.2.10", "is older than 4.4.1"),
        ("4.2.10", "4.4.0", ""),
        ("", "4.2.10", ""),
    ],
)
def test_a_release_opens_the_data_of_its_predecessors(before: str, after: str, reason: str) -> None:
    found = rabbitmq_releases.upgrade_refusal(before, after)
    assert reason in found and bool(found) is bool(reason)


def test_the_defaults_are_a_matched_pair_everywhere() -> None:
    role, model = load("roles/rabbitmq/defaults/main.yml"), load("inventory/group_vars/all/stack.yml")
    names = ("vendor_version", "vendor_erlang_version")
    pair = [role[f"rabbitmq_{name}"] for name in names]
    assert pair == [model[f"stack_rabbitmq_{name}"] for name in names]
    assert rabbitmq_releases.erlang_mismatch(*pair) == ""


def test_the_key_that_is_shipped_is_a_public_key() -> None:
    key = (ROOT / "roles/rabbitmq/files/rabbitmq-release-signing-key.asc").read_text()
    assert vendor.refuse_key(key) is None


def test_the_distribution_needs_nothing() -> None:
    found = vendor.rabbitmq_vendor("distribution", {})
    assert (found["names"], found["sources"], found["fault"]["message"]) == ([], [], "")


def test_apt_gets_key_sources_and_pins() -> None:
    found = plan(NOBLE)
    assert found["names"] == ["rabbitmq-server=4.2.10", "erlang-base=27.3.4"]
    sources = content(NOBLE, ".sources")
    assert f"URIs: {URL}/rabbitmq-erlang/ubuntu/noble\nSuites: noble\n" in sources
    assert f"URIs: {URL}/rabbitmq-server/ubuntu/noble\nSuites: noble\n" in sources
    assert sources.count("Signed-By: /etc/apt/keyrings/rabbitry-rabbitmq.asc\n") == 2
    assert content(NOBLE, ".asc") == KEY
    pinned = content(NOBLE, "preferences.d/rabbitry-rabbitmq")
    assert "Package: erlang-*\nPin: version /^([0-9]+:)?27\\.3\\.4[-+~.]/\nPin-Priority: 900\n" in pinned


def test_debian_13_has_its_own_erlang() -> None:
    assert "rabbitmq-erlang" not in content(TRIXIE, ".sources")


def test_dnf_sees_only_what_is_pinned() -> None:
    assert plan(ROCKY)["names"] == ["rabbitmq-server=4.2.10", "erlang=27.3.4"]
    repositories = content(ROCKY, ".repo")
    assert f"baseurl={URL}/rabbitmq/el/9/noarch\n" in repositories
    assert "includepkgs=rabbitmq-server-4.2.10*\n" in repositories
    assert (
        repositories.count("gpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-rabbitry-rabbitmq\n") == 3
    )


@pytest.mark.parametrize(
    ("system", "changes", "message", "hint"),
    [
        (TRIXIE, {"url": ""}, "`rabbitmq_vendor_url` is empty", "page docs/install-debian names its mirrors"),
        (ROCKY, {"url": ""}, "`rabbitmq_vendor_url` is empty", "a mirror of your company's serves as well"),
        (TRIXIE, {"url": "mirror"}, "`mirror`, which is no URL", "docs/install-debian"),
        (TRIXIE, {"url": "https://x/\nTrusted: yes"}, "which is no URL", "docs/install-debian"),
        (TRIXIE, {"url": "https://me:secret@x/"}, "holds a login", "/etc/apt/auth.conf.d/rabbitmq.conf"),
        (TRIXIE, {"erlang_version": "25.3"}, "it needs 27.0 or newer, older than 28", "erlang_version"),
        (TRIXIE, {"key": "-----BEGIN PGP PRIVATE KEY BLOCK-----"}, "no file with an armoured", "gpg --armor"),
        (
            {"os_family": "Darwin"},
            {},
            "no package repository for systems of the family Darwin",
            "distribution",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    system: dict[str, str], changes: dict[str, str], message: str, hint: str
) -> None:
    found = plan(system, **changes)
    assert (found["names"], found["sources"]) == ([], [])
    assert message in found["fault"]["message"] and hint in found["fault"]["hint"]
    assert "secret" not in str(found)


def test_preflight_names_the_models_variables() -> None:
    chosen = {"stack_rabbitmq_source": "vendor"}
    (fault,) = faults_of(chosen)
    assert fault.message.startswith("`stack_rabbitmq_vendor_url` is empty")
    (fault,) = faults_of(
        {**chosen, "stack_rabbitmq_vendor_url": URL, "stack_rabbitmq_vendor_version": "4.0.1"}
    )
    assert "`stack_rabbitmq_vendor_erlang_version` do not fit: RabbitMQ 4.0.1 does not run" in fault.message
    assert faults_of({**chosen, "stack_rabbitmq_vendor_url": URL}) == []
    assert faults_of({"stack_rabbitmq_vendor_version": 4.2}) != []


def test_the_vendors_release_is_what_a_host_is_judged_by() -> None:
    old = {"recorded": {"rabbitmq-server": "3.10.8-1"}, "data": {"rabbitmq": True}}
    wanted = replace(WANTED, vendor_version="4.2.10")
    (fault,) = judge({**SEEN, **old}, wanted)[0]
    assert "host web1: RabbitMQ 4.2.10 cannot open the data of 3.10.8-1 that is there" in fault.message
    assert judge({**SEEN, **old, "data": {"rabbitmq": False}}, wanted)[0] == []


def test_the_way_back_to_the_distribution_is_refused() -> None:
    there = {"recorded": {"rabbitmq-server": "4.2.10-1"}, "vendor": True}
    (fault,) = judge({**SEEN, **there}, WANTED)[0]
    assert "has RabbitMQ 4.2.10-1 of the vendor's" in fault.message and "downgrade" in fault.message
    assert judge({**SEEN, **there}, replace(WANTED, vendor_version="4.2.10"))[0] == []


@pytest.mark.parametrize(
    ("system", "manager", "command", "interpreter"),
    [
        ({"id": "ubuntu", "name": "Ubuntu 22.04", "system": "Linux"}, "apt", "universe", "python3.11"),
        ({"id": "ubuntu", "name": "x", "system": "Linux"}, "apt", "python3.11 python3.11-venv", "python3.11"),
        (
            {"id": "rocky", "name": "Rocky 9", "system": "Linux"},
            "dnf",
            "dnf install python3.12",
            "python3.12",
        ),
    ],
)
def test_an_old_python_is_told_what_to_install(
    system: dict[str, str], manager: str, command: str, interpreter: str
) -> None:
    old = {"os": {"version": "9.4", "like": [], **system}, "package_manager": manager}
    old["python"] = {"version": "3.9.2", "executable": "/usr/bin/python3"}
    faults, _ = judge({**SEEN, **old}, replace(WANTED, vendor_version="4.2.10"))
    (hint,) = [fault.hint for fault in faults if "has Python 3.9.2" in fault.message]
    assert command in hint
    assert f"`ansible_python_interpreter: /usr/bin/{interpreter}` for web1" in hint


def test_a_firewall_of_the_red_hat_family_is_noted_and_left_alone() -> None:
    open_ports = tuple(replace(port, bind="0.0.0.0") for port in WANTED.ports)
    dnf = {**SEEN, "package_manager": "dnf"}
    (note,) = judge(dnf, replace(WANTED, ports=open_ports))[1]
    assert "firewall-cmd --permanent --add-port=5672/tcp &&" in note
    assert judge(dnf, WANTED)[1] == []
    assert judge(SEEN, replace(WANTED, ports=open_ports))[1] == []
