"""What the module `packages` makes of versions and sources, on a made-up host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import package_request
from ansible_collections.rabbitry.stack.plugins.module_utils.apt_sources import list_name, traces_of
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.managers import Debian
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.package_request import Request

from tests.unit.places import MINE


class FakeManager(Debian):
    """Packages of a made-up host."""

    def __init__(self, **installed: str) -> None:
        super().__init__()
        self.here = {name.replace("_", "-"): version for name, version in installed.items()}

    def installed(self) -> dict[str, str]:
        return self.here


class FakeTransactions:
    """Installs at once what it is told to."""

    started: list[tuple[list[str], list[str]]]
    manager: FakeManager

    def __init__(self, install: object) -> None:
        pass

    def start(self, owner: str, names: Sequence[str], mask: Sequence[str], sources: Sequence[str]) -> None:
        self.started.append((list(names), list(sources)))
        self.manager.here |= {
            name: version or "1" for name, _, version in (one.partition("=") for one in names)
        }

    def join(self, timeout: float) -> bool:
        return False

    def settle(self) -> None:
        pass

    def failures(self, names: Sequence[str]) -> list[PackageError]:
        return []

    def running(self) -> set[str]:
        return set()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(package_request, "Ledger", lambda owner: Ledger(owner, tmp_path / "ledger"))
    monkeypatch.setattr(package_request, "Transactions", FakeTransactions)
    monkeypatch.setattr(package_request, "OWNER", MINE)
    FakeTransactions.started = []
    return tmp_path


def request(root: Path, *names: str, check: bool = False, **installed: str) -> dict[str, Any]:
    FakeTransactions.manager = FakeManager(**installed)
    sources = [{"path": str(root / "x.sources"), "content": "URIs: file:/x\n"}]
    one = Request(owner="rabbitmq", names=names, sources=sources, manager=FakeTransactions.manager)
    return one.converge(check)


def test_sources_are_there_before_the_packages_and_recorded_once(root: Path) -> None:
    result = request(root, "rabbitmq-server=4.2.10")
    assert (result["changed"], result["missing"]) == (True, ["rabbitmq-server=4.2.10"])
    assert FakeTransactions.started == [(["rabbitmq-server=4.2.10"], [str(root / "x.sources")])]
    assert (root / "x.sources").read_text() == "URIs: file:/x\n"
    recorded = Ledger("sources", root / "ledger").find("file", str(root / "x.sources"))
    assert recorded is not None and recorded["created"]
    assert Ledger("rabbitmq", root / "ledger").find("file", str(root / "x.sources")) is None


def test_what_is_met_is_left_alone(root: Path) -> None:
    request(root, "rabbitmq-server=4.2.10")
    result = request(
        root,
        "rabbitmq-server=4.2.10",
        "erlang-base=27.3",
        rabbitmq_server="4.2.10-1",
        erlang_base="1:27.3.4-1",
    )
    assert (result["changed"], result["diff"]) == (False, [])
    assert len(FakeTransactions.started) == 1


def test_check_mode_shows_versions_and_files_and_does_nothing(root: Path) -> None:
    result = request(root, "rabbitmq-server=4.2.10", check=True, rabbitmq_server="4.0.5-6")
    assert result["changed"]
    assert result["diff"][-1] == {"before": "rabbitmq-server=4.0.5-6\n", "after": "rabbitmq-server=4.2.10\n"}
    assert result["diff"][0]["after"] == "URIs: file:/x\n"
    assert not (root / "x.sources").exists()
    assert FakeTransactions.started == []


def test_a_package_is_not_downgraded(root: Path) -> None:
    with pytest.raises(PackageError, match=r"27\.3\.4\.1-1 is installed and 26\.2\.5 is asked for"):
        request(root, "erlang-base=26.2.5", erlang_base="1:27.3.4.1-1")
    assert not (root / "x.sources").exists()


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        (
            "http://127.0.0.1:8099/rabbitmq-server/debian/trixie",
            "127.0.0.1:8099_rabbitmq-server_debian_trixie",
        ),
        ("https://mirror.example.org/a_b/", "mirror.example.org_a%5fb"),
        ("file:/srv/repo", "_srv_repo"),
        ("file:///srv/repo", "_srv_repo"),
    ],
)
def test_lists_are_named_as_apt_names_them(uri: str, name: str) -> None:
    assert list_name(uri) == name


def test_the_lists_of_a_source_are_found(tmp_path: Path) -> None:
    source = tmp_path / "a.sources"
    source.write_text(
        "Types: deb\nURIs: http://x/one\nSuites: s\n\nTypes: deb\nURIs: http://x/two\nSuites: s\n"
    )
    names = [
        "x_one_dists_s_InRelease",
        "x_two_dists_s_main_binary-amd64_Packages",
        "x_three_dists_s_InRelease",
    ]
    for name in names:
        (tmp_path / name).touch()
    assert [path.name for path in traces_of(source, tmp_path)] == names[:2]
    assert traces_of(tmp_path / "none.sources", tmp_path) == traces_of(tmp_path / "x.conf", tmp_path) == []
