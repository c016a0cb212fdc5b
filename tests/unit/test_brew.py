"""Homebrew as a package manager: what is installed, what others left, what goes and what stays."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import brew, layout
from ansible_collections.rabbitry.stack.plugins.module_utils.brew_manager import Homebrew
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError

INSTALLED = 1_700_000_000  # when the formula rabbitmq was poured
POURED = """\
==> Fetching redis
==> Pouring erlang@28--28.1.arm64_sonoma.bottle.tar.gz
==> Pouring redis--8.10.0.arm64_sonoma.bottle.tar.gz
==> Summary
/opt/homebrew/Cellar/rabbitmq/4.3.1_1: 1,519 files, 34.7MB, built in 12 seconds
"""


def keg(prefix: Path, name: str, version: str, needs: tuple[str, ...] = ()) -> None:
    path = prefix / "Cellar" / name / version
    path.mkdir(parents=True)
    needed = [{"full_name": one, "version": "1"} for one in needs]
    receipt = {"time": INSTALLED, "runtime_dependencies": needed}
    (path / "INSTALL_RECEIPT.json").write_text(json.dumps(receipt))
    (prefix / "opt").mkdir(exist_ok=True)
    (prefix / "opt" / name).unlink(missing_ok=True)
    (prefix / "opt" / name).symlink_to(path)


@pytest.fixture
def homebrew(tmp_path: Path) -> Homebrew:
    prefix, home = tmp_path / "homebrew", tmp_path / "ann"
    home.mkdir()
    keg(prefix, "erlang@28", "28.1")
    keg(prefix, "rabbitmq", "4.3.1_1", ("erlang@28",))
    for path in ("etc/rabbitmq", "var/lib/rabbitmq", "var/db/redis", "var/log/rabbitmq", "etc/openssl@3"):
        (prefix / path).mkdir(parents=True)
    for path in ("etc/redis.conf", "etc/redis-sentinel.conf", "var/log/redis.log"):
        (prefix / path).touch()
    return Homebrew(tmp_path / "log", layout.darwin(str(prefix), "ann", "staff", str(home)))


def answers(
    monkeypatch: pytest.MonkeyPatch, code: int = 0, said: str = "", act: Any = None
) -> list[list[str]]:
    """Let brew say that; the commands it got come back."""
    asked: list[list[str]] = []

    def run(*words: str, log: Any = None, **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(list(words))
        if log:
            log.write(said.encode())
            log.flush()
        if act:
            act()
        return subprocess.CompletedProcess(words, code, said)

    monkeypatch.setattr(brew, "run", run)
    return asked


def test_the_cellar_says_what_is_installed(homebrew: Homebrew) -> None:
    keg(homebrew.prefix, "rabbitmq", "4.4.0")
    assert homebrew.installed() == {"erlang@28": "28.1", "rabbitmq": "4.4.0"}
    (homebrew.prefix / "opt/rabbitmq").unlink()
    (homebrew.prefix / "opt/rabbitmq").symlink_to(homebrew.prefix / "Cellar/rabbitmq/4.3.1_1")
    assert homebrew.installed()["rabbitmq"] == "4.3.1_1"
    assert brew.Cellar(homebrew.prefix / "none").versions() == {}


def test_what_an_uninstalled_formula_left_is_configuration(homebrew: Homebrew) -> None:
    states = homebrew.states()
    assert (states["rabbitmq"], states["redis"]) == ("installed", "config-files")
    assert homebrew.present() == {"erlang@28", "rabbitmq"}


def test_the_log_says_what_came() -> None:
    found = Homebrew(Path(os.devnull), layout.darwin("/p", "u", "g", "/h")).brought(POURED)
    assert found == {"erlang@28", "redis", "rabbitmq"}


def test_a_dependency_of_what_stays_is_needed(homebrew: Homebrew) -> None:
    assert homebrew.needed_by_others(["erlang@28"]) == {"erlang@28": "`rabbitmq` needs it"}
    assert homebrew.needed_by_others(["erlang@28", "rabbitmq"]) == {}


def test_a_purge_takes_what_a_formula_has_outside_of_its_keg(
    homebrew: Homebrew, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = Path(homebrew.here.user_home) / ".erlang.cookie"
    cookie.touch()
    asked = answers(monkeypatch)
    homebrew.purge(["rabbitmq", "erlang@28"])
    assert asked == [["uninstall", "--formula", "--ignore-dependencies", "rabbitmq", "erlang@28"]]
    left = [path for one in ("etc", "var") for path in (homebrew.prefix / one).rglob("*rabbitmq*")]
    assert left == [] and not cookie.exists()
    assert (homebrew.prefix / "etc/redis.conf").exists() and (homebrew.prefix / "etc/openssl@3").exists()


def test_a_purge_keeps_what_was_there_before(homebrew: Homebrew, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = Path(homebrew.here.user_home) / ".erlang.cookie"
    cookie.touch()
    receipt = homebrew.cellar.keg("rabbitmq") / "INSTALL_RECEIPT.json"
    receipt.write_text(json.dumps({"time": cookie.stat().st_ctime + 60}))
    answers(monkeypatch)
    homebrew.purge(["rabbitmq"], keep_configuration=["rabbitmq"])
    assert (homebrew.prefix / "etc/rabbitmq").is_dir() and cookie.exists()


def test_only_names_that_are_the_formulas_go(homebrew: Homebrew, monkeypatch: pytest.MonkeyPatch) -> None:
    keg(homebrew.prefix, "redis", "8.10.0")
    for name in ("redisinsight", "redis.conf.default", "my-redis.conf"):
        (homebrew.prefix / "etc" / name).touch()
    answers(monkeypatch)
    homebrew.purge(["redis"])
    assert sorted(path.name for path in (homebrew.prefix / "etc").iterdir()) == [
        "my-redis.conf",
        "openssl@3",
        "rabbitmq",
        "redisinsight",
    ]


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ("Error: Running Homebrew as root is extremely dangerous\n", "extremely dangerous", "whoami"),
        ('Warning: No available formula with the name "redis".\n', "with the name", "brew search redis"),
        ("curl: (6) Could not resolve host\n", "cannot be installed: curl", "brew fetch"),
    ],
)
def test_a_failure_names_its_cause(
    homebrew: Homebrew, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, message: str, hint: str
) -> None:
    answers(monkeypatch, 1, said)
    with pytest.raises(PackageError) as failed:
        homebrew.install(["redis"], tmp_path / "log")
    assert message in failed.value.message and hint in failed.value.hint


def test_a_failed_step_after_the_keg_is_there_is_no_failure(
    homebrew: Homebrew, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers(monkeypatch, 1, "Error: post-install", act=lambda: keg(homebrew.prefix, "redis", "8.10.0"))
    homebrew.install(["redis"], tmp_path / "log")
    assert "redis" in homebrew.installed()


def test_a_version_that_brew_does_not_have_is_told(
    homebrew: Homebrew, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers(monkeypatch)
    with pytest.raises(PackageError, match=r"Homebrew has `rabbitmq` 4\.3\.1_1, not 4\.0"):
        homebrew.install(["rabbitmq=4.0"], tmp_path / "log")


def test_without_homebrew_the_hint_leads_to_it(tmp_path: Path) -> None:
    here = layout.darwin(str(tmp_path / "none"), "ann", "staff", str(tmp_path))
    with pytest.raises(PackageError, match="Homebrew is not at"):
        Homebrew(tmp_path / "log", here).install(["redis"], tmp_path / "log")


def test_brew_is_told_which_domain_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/ttys001")
    assert "SSH_TTY" not in brew.environment("gui/501")
    assert brew.environment("user/501")["SSH_TTY"]
    assert brew.environment()["HOMEBREW_NO_AUTO_UPDATE"] == "1"
