"""apt-get is called without questions, lists are fetched when needed, failures say why."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import dpkg
from ansible_collections.rabbitry.stack.plugins.module_utils.apt import OPTIONS, Apt, PackageError

from tests.unit.fake_apt import FakeApt

INSTALL = "apt-get --yes install --no-install-recommends redis"
NOT_FOUND = (
    "Err:1 http://mirror/x.deb\n  404  Not Found\nE: Failed to fetch http://mirror/x.deb  404  Not Found\n"
)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeApt:
    return FakeApt(tmp_path, monkeypatch)


@pytest.fixture
def apt(fake: FakeApt) -> Apt:
    return fake.apt(fake.root / "log")


def test_lists_that_are_there_are_not_fetched(fake: FakeApt, apt: Apt) -> None:
    apt.install(["redis"])
    assert fake.calls == [INSTALL]
    assert fake.host.installed()["redis"] == "1.0"


def test_missing_lists_are_fetched_first(fake: FakeApt, apt: Apt) -> None:
    (fake.root / "lists" / "x_Packages").unlink()
    apt.install(["redis"])
    assert fake.calls == ["apt-get update", INSTALL]


@pytest.mark.parametrize("said", [NOT_FOUND, "E: Unable to locate package redis\n"])
def test_stale_lists_are_fetched_once(fake: FakeApt, apt: Apt, said: str) -> None:
    fake.answer(said)
    apt.install(["redis"])
    assert fake.calls == [INSTALL, "apt-get update", INSTALL]


def test_a_package_that_does_not_exist_is_named(fake: FakeApt, apt: Apt) -> None:
    said = "Reading package lists...\nE: Unable to locate package redis\n"
    fake.answer(said, "", said)
    with pytest.raises(PackageError) as failed:
        apt.install(["redis"])
    assert failed.value.message == "`redis` cannot be installed: Unable to locate package redis"
    assert failed.value.hint == "apt-cache policy redis"
    assert failed.value.log[-1] == "E: Unable to locate package redis"
    assert fake.calls == [INSTALL, "apt-get update", INSTALL]


def test_an_interrupted_dpkg_is_set_right(fake: FakeApt, apt: Apt) -> None:
    fake.answer("E: dpkg was interrupted, you must manually run 'dpkg --configure -a'\n", "")
    apt.install(["redis"])
    assert fake.calls == [INSTALL, "dpkg --configure -a --force-confdef --force-confold", INSTALL]


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        (
            "E: Could not get lock /var/lib/dpkg/lock. It is held by process 77 (apt)\n",
            "ps -o pid,user,etime,args -p 77",
        ),
        ("E: You don't have enough free space in /var/cache/apt/archives/.\n", "df -h / /var /usr"),
        (
            "E: Sub-process returned an error code (1)\nErrors were encountered while processing:\n x\n",
            "dpkg --audit",
        ),
        ("something else\n", ""),
    ],
)
def test_a_failure_has_a_hint(fake: FakeApt, apt: Apt, said: str, hint: str) -> None:
    fake.answer(said)
    with pytest.raises(PackageError) as failed:
        apt.install(["redis"])
    assert failed.value.hint == hint
    assert said.splitlines()[0].removeprefix("E: ") in failed.value.message


def test_lists_that_cannot_be_fetched_are_named(fake: FakeApt, apt: Apt) -> None:
    (fake.root / "lists" / "x_Packages").unlink()
    fake.answer("E: Failed to fetch http://mirror  Temporary failure resolving 'mirror'\n")
    with pytest.raises(PackageError, match="the package lists cannot be updated") as failed:
        apt.install(["redis"])
    assert failed.value.hint == "apt-get update"


def test_the_lock_is_waited_for_and_configuration_stays() -> None:
    assert "-oDPkg::Lock::Timeout=300" in OPTIONS
    assert "-oDpkg::Options::=--force-confold" in OPTIONS


def test_what_others_need_is_found(fake: FakeApt, apt: Apt) -> None:
    fake.answer(
        "dpkg: dependency problems prevent removal of erlang-base:\n elixir depends on erlang-base.\n\n"
        "dpkg: error processing package erlang-base (--purge):\n dependency problems - not removing\n",
        "dpkg: dependency problems prevent removal of libx:\n erlang-base depends on libx.\n\n"
        "dpkg: error processing package libx (--purge):\n dependency problems - not removing\n",
    )
    kept = apt.needed_by_others(["erlang-base", "libx", "socat"])
    assert kept == {"erlang-base": "`elixir` needs it", "libx": "`erlang-base` needs it"}
    assert fake.calls[-1] == "dpkg --simulate --purge socat"


def test_configuration_that_was_there_before_is_not_purged(fake: FakeApt, apt: Apt) -> None:
    apt.purge(["a", "b"], keep_configuration=["b"])
    assert fake.calls == ["apt-get --yes remove --no-auto-remove b", "apt-get --yes purge --no-auto-remove a"]


def test_dpkgs_files_are_read(tmp_path: Path) -> None:
    assert dpkg.packages(tmp_path) == {}
    (tmp_path / "status").write_text(
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.41\n\n"
        "Package: libc6\nStatus: deinstall ok config-files\nArchitecture: i386\nVersion: 2.36\n\n"
        "Package: old\nStatus: deinstall ok config-files\nVersion: 1\nDescription: x\n Version: 9\n\n"
        "Package: half\nStatus: install ok unpacked\nVersion: 1\n\n"
    )
    assert dpkg.installed(tmp_path) == {"libc6": "2.41"}
    assert dpkg.present(tmp_path) == {"libc6", "half"}
    (tmp_path / "updates").mkdir()
    (tmp_path / "updates" / "0000").write_text("Package: half\nStatus: install ok installed\nVersion: 1\n\n")
    assert dpkg.installed(tmp_path) == {"libc6": "2.41", "half": "1"}


MADISON = (
    "redis | 1:8.0.2-1 | http://x a/b\nredis |   1:7.0-1 | http://x a/b\nredis-tools | 9 | http://x a/b\n"
)


def test_a_pin_becomes_a_version_that_there_is(fake: FakeApt, apt: Apt) -> None:
    fake.madison(MADISON)
    apt.install(["redis=7.0"])
    assert fake.calls == ["apt-cache madison redis", f"{INSTALL}=1:7.0-1"]


def test_a_version_that_nobody_has_is_told_with_those_there_are(fake: FakeApt, apt: Apt) -> None:
    fake.madison(MADISON)
    with pytest.raises(PackageError) as failed:
        apt.install(["redis=7.1"])
    there = "`1:8.0.2-1`, `1:7.0-1`"
    assert failed.value.message == f"`redis` has no version 7.1 in the sources of this host: there is {there}"
    assert failed.value.hint == "apt-cache madison redis"


def test_new_sources_are_fetched_alone_before(fake: FakeApt, apt: Apt) -> None:
    apt.install(["redis"], [Path("/etc/apt/keyrings/x.asc"), Path("/etc/apt/sources.list.d/x.sources")])
    assert fake.calls == ["apt-get update", INSTALL]
    said = (fake.root / "words").read_text()
    assert "-oDir::Etc::SourceList=/etc/apt/sources.list.d/x.sources" in said
    assert "-oAPT::Get::List-Cleanup=0" in said


UNSIGNED = "W: GPG error: http://x s InRelease: NO_PUBKEY 1\nE: The repository 'http://x' is not signed.\n"
OLD_LISTS = "W: An error occurred during the signature verification: OpenPGP signature verification failed\n"


@pytest.mark.parametrize(("said", "code"), [(UNSIGNED, 100), (OLD_LISTS, 0)])
def test_a_source_that_another_key_signed_is_refused(fake: FakeApt, apt: Apt, said: str, code: int) -> None:
    fake.answer(said, code=code)
    with pytest.raises(PackageError, match=r"repositories in `/x\.sources` cannot be used") as failed:
        apt.install(["redis"], [Path("/x.sources")])
    assert "signed with another key" in failed.value.hint
    assert INSTALL not in fake.calls
