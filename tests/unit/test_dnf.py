"""dnf and rpm behind the face of the package managers, against stand-ins for both."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import dnf, rpm
from ansible_collections.rabbitry.stack.plugins.module_utils.managers import RedHat, forget
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError

from tests.unit.fake_dnf import FakeDnf

DNF4 = """
Dependencies resolved.
Installing:
 rabbitmq-server   noarch  4.2.10-1.el8   rabbitry-rabbitmq-server-noarch  20 M
Running transaction
  Preparing        :                                                     1/1
  Installing       : erlang-27.3.4.6-1.el9.x86_64                        1/2
  Installing       : rabbitmq-server-4.2.10-1.el8.noarch                 2/2
  Verifying        : erlang-27.3.4.6-1.el9.x86_64                        1/2
"""
DNF5 = """
Package                   Arch   Version          Repository   Size
Installing:
 policycoreutils-python-utils noarch 3.9-1.fc43   fedora       70.0 KiB
Installing dependencies:
 valkey                    x86_64 8.1.4-1.fc43    fedora        5.0 MiB
[1/4] Verify package files              100% |   1.0   B/s |   2.0   B |  00m00s
[2/4] Installing policycoreutils-python 100% |   1.0 MiB/s |   2.0 MiB |  00m00s
[3/4] Installing valkey-0:8.1.4-1.fc43.x86_64 100% | 1.0 MiB/s | 2.0 MiB | 00m00s
"""
QUERY = "valkey\t0:8.0.2-1.el10\nerlang-erts\t1:26.2-1\n"
NEEDED = (
    "error: Failed dependencies:\n"
    "\tlibfoo.so.1()(64bit) is needed by (installed) bar-utils-1.0-2.x86_64\n"
    "\tfoo >= 1 is needed by (installed) bar-1.0-2.x86_64\n"
)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDnf:
    monkeypatch.setattr(rpm, "DATABASES", (tmp_path / "db",))
    (tmp_path / "db").mkdir()
    rpm._read.clear()
    return FakeDnf(tmp_path, monkeypatch)


@pytest.fixture
def manager(fake: FakeDnf) -> RedHat:
    return RedHat(fake.root / "log")


def test_packages_are_asked_for_once_a_state(fake: FakeDnf, manager: RedHat) -> None:
    fake.answer("rpm -qa", 0, QUERY)
    assert manager.installed() == {"valkey": "8.0.2-1.el10", "erlang-erts": "1:26.2-1"}
    assert manager.present() == {"valkey", "erlang-erts"}
    assert manager.states()["valkey"] == "installed"
    assert len(fake.calls) == 1
    (fake.root / "db" / "rpmdb.sqlite").write_text("changed")
    manager.installed()
    assert len(fake.calls) == 2


def test_versions_are_asked_for_as_dnf_wants_them(fake: FakeDnf, manager: RedHat) -> None:
    manager.install(["valkey", "erlang=27.3.4", "rabbitmq-server=4.2.10-1.el8"], fake.root / "log")
    assert fake.calls == ["dnf --assumeyes install valkey erlang-27.3.4* rabbitmq-server-4.2.10-1.el8"]


def test_the_metadata_of_new_repositories_is_fetched_first(fake: FakeDnf, manager: RedHat) -> None:
    source, key = fake.root / "a.repo", fake.root / "key"
    source.write_text("[one]\nbaseurl=x%y\n[two]\n")
    key.write_text("x")
    manager.install(["valkey"], fake.root / "log", [key, source])
    assert fake.calls[0] == "dnf --assumeyes --refresh --repo=one --repo=two makecache"


def test_what_a_transaction_brought_is_read_from_its_log(manager: RedHat) -> None:
    assert manager.brought(DNF4) == {"erlang", "rabbitmq-server"}
    assert manager.brought(DNF5) == {"policycoreutils-python-utils", "valkey"}


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ("Error: Unable to find a match: supervisor\n", "Unable to find a match: supervisor", "epel-release"),
        ("Error: GPG check FAILED\n", "GPG check FAILED", "rpm -qa 'gpg-pubkey*'"),
        ("Error: \n Problem: conflicting\n", " Problem: conflicting", ""),
    ],
)
def test_a_failure_is_told_with_a_hint(
    fake: FakeDnf, manager: RedHat, said: str, message: str, hint: str
) -> None:
    fake.answer("dnf --assumeyes install", 1, said)
    with pytest.raises(PackageError) as failed:
        manager.install(["supervisor"], fake.root / "log")
    assert failed.value.message.startswith("`supervisor` cannot be installed: ")
    assert message.strip() in failed.value.message
    assert hint in failed.value.hint


def test_what_others_need_is_kept(fake: FakeDnf, manager: RedHat) -> None:
    fake.answer("rpm -e --test foo libfoo own", 1, NEEDED)
    fake.answer("rpm -q --whatprovides --qf %{NAME}\\n libfoo.so.1()(64bit)", 0, "libfoo\n")
    fake.answer("rpm -q --whatprovides --qf %{NAME}\\n foo", 0, "foo\n")
    assert manager.needed_by_others(["foo", "libfoo", "own"]) == {
        "foo": "`bar` needs it",
        "libfoo": "`bar-utils` needs it",
    }


def test_a_purge_takes_nothing_else_along(fake: FakeDnf, manager: RedHat) -> None:
    fake.answer("rpm -e --test foo", 1, NEEDED)
    fake.answer("rpm -q --whatprovides", 0, "foo\n")
    with pytest.raises(PackageError, match="`foo` cannot be removed"):
        manager.purge(["foo"])
    assert not any(call.startswith("dnf") for call in fake.calls)


def test_a_purge_takes_changed_configuration_along(fake: FakeDnf, manager: RedHat) -> None:
    mine, others = (fake.root / f"{name}.conf" for name in ("mine", "others"))
    for path in (mine, others):
        path.with_name(f"{path.name}.rpmsave").write_text("x")
    fake.answer("rpm -qc foo", 0, f"{others}\n{mine}\n")
    later = fake.root / "others.conf.rpmsave"
    assert later.exists()
    manager.purge(["foo"], keep_configuration=["foo"])
    manager.purge(["foo"])
    assert mine.with_name("mine.conf.rpmsave").exists()  # it was there before: somebody else's
    assert fake.calls[-1] == "dnf --assumeyes remove foo"


def test_scripts_and_files_are_rpms(fake: FakeDnf, manager: RedHat) -> None:
    fake.answer("rpm -ql valkey", 0, "/etc/valkey\n(contains no files)\n")
    fake.answer("rpm -q --scripts valkey", 0, "useradd valkey\n")
    assert manager.owned_paths("valkey") == {"/etc/valkey"}
    assert manager.scripts("valkey") == "useradd valkey\n"


def test_the_cache_of_a_repository_goes_with_it(
    fake: FakeDnf, manager: RedHat, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, cache = fake.root / "a.repo", fake.root / "cache"
    source.write_text("[mine]\n")
    (cache / "mine-0a").mkdir(parents=True)
    (cache / "mine-filenames.solvx").touch()
    (cache / "other-1b").mkdir()
    monkeypatch.setattr(dnf.traces_of, "__defaults__", (cache,))
    forget(manager, source)
    assert [path.name for path in cache.iterdir()] == ["other-1b"]
