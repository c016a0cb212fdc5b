"""`retire` removes what came with Rabbitry, restores what it replaced, keeps the rest and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import files, processes, supervisor
from ansible_collections.rabbitry.stack.plugins.module_utils.apt import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.departure import depart, forget
from ansible_collections.rabbitry.stack.plugins.module_utils.inventory import Inventory
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.retirement import Retirement

from tests.unit.fake_site import Site
from tests.unit.places import USER, directory, file

BEFORE = "was there before Rabbitry"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(tmp_path)
    monkeypatch.setattr(processes, "leftovers", lambda *_: [])
    monkeypatch.setattr(
        supervisor, "remove", lambda *entries: made.stopped.extend(e["name"] for e in entries)
    )
    return made


def names(found: Sequence[Mapping[str, str]]) -> list[str]:
    return [one["name"] for one in found]


def everything(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_what_was_placed_goes_and_what_was_replaced_comes_back(site: Site) -> None:
    etc = site.root / "etc"
    etc.mkdir()
    (etc / "theirs.conf").write_text("theirs\n")
    (etc / "theirs.conf").chmod(0o604)
    (etc / "unwanted.conf").write_text("unwanted\n")
    before = everything(site.root)
    site.place(
        directories=[directory(site.root / "opt" / "lib")],
        files=[file(etc / "theirs.conf"), file(etc / "mine.conf"), file(site.root / "opt" / "lib" / "x")],
        links=[{"path": str(site.root / "opt" / "current"), "target": "lib"}],
        absent=[str(etc / "unwanted.conf")],
    )
    plan = site.retire(check=True).verdict
    done = site.retire().verdict
    assert plan == done
    assert everything(site.root) == before
    assert (etc / "theirs.conf").read_text() == "theirs\n"
    assert files.mode_of((etc / "theirs.conf").stat()) == "0604"
    assert (etc / "unwanted.conf").read_text() == "unwanted\n"
    assert names(done.restored) == [str(etc / "theirs.conf"), str(etc / "unwanted.conf")]
    assert done.kept == []


def test_the_plan_touches_nothing(site: Site) -> None:
    site.record("service", "redis-server", created=True)
    site.record("package", "redis-server", created=True)
    site.record("user", "celery", created=True)
    site.place(files=[file(site.root / "a")])
    before = everything(site.root)
    verdict = site.retire(check=True).verdict
    assert {"redis-server", "celery", str(site.root / "a")} <= set(names(verdict.removed))
    assert everything(site.root) == before
    assert (site.stopped, site.manager.purged) == ([], [])
    assert "celery" in site.accounts.names


def test_a_directory_with_something_of_others_stays(site: Site) -> None:
    site.place(files=[file(site.root / "etc" / "a")])
    (site.root / "etc" / "theirs").touch()
    kept = site.retire().verdict.kept
    assert [(one["name"], one["why"]) for one in kept] == [(str(site.root / "etc"), "holds `theirs`")]


def test_data_goes_with_its_content_when_it_came_with_rabbitry(site: Site) -> None:
    (site.root / "theirs").mkdir()
    (site.root / "theirs" / "x").touch()
    data = [str(site.root / "theirs"), str(site.root / "mine")]
    site.place(directories=[directory(Path(path)) for path in data])
    (site.root / "mine" / "x").touch()
    verdict = site.retire(data=data).verdict
    assert not (site.root / "mine").exists()
    assert (site.root / "theirs" / "x").exists()
    assert {"kind": "directory", "name": data[0], "why": BEFORE} in verdict.kept


def test_services_go_first_and_all_at_once(site: Site) -> None:
    site.record("service", "rabbitmq-server", owner="rabbitmq", created=True)
    site.record("service", "stack-beat", owner="beat", created=True)
    verdict = site.retire().verdict
    assert site.stopped == ["rabbitmq-server", "stack-beat"]
    assert names(verdict.removed)[:2] == ["stack-beat", "rabbitmq-server"]


def test_only_packages_that_came_with_rabbitry_go(site: Site) -> None:
    site.record("package", "redis-server")
    site.record("package", "rabbitmq-server", created=True)
    site.record("package", "erlang-base", created=True)
    site.record("package", "removed-by-hand", created=True)
    site.record("user", "rabbitmq", created=True, by="erlang-base")
    site.manager.needed = {"erlang-base": "`elixir` needs it"}
    verdict = site.retire().verdict
    assert site.manager.purged == ["rabbitmq-server"]
    assert [(one["name"], one["why"]) for one in verdict.kept] == [
        ("redis-server", BEFORE),
        ("erlang-base", "`elixir` needs it"),
        ("rabbitmq", "the package `erlang-base` is kept"),
    ]


def test_what_one_owner_created_counts_for_all(site: Site) -> None:
    site.record("package", "redis-server", owner="rabbitmq", created=True)
    site.record("package", "redis-server", owner="redis", version="7")
    site.retire()
    assert site.manager.purged == ["redis-server"]


def test_accounts_that_came_with_rabbitry_go(site: Site) -> None:
    site.record("group", "celery", created=True)
    site.record("user", "celery", created=True)
    site.record("user", "www")
    verdict = site.retire().verdict
    assert site.accounts.names == {"rabbitmq", "www"}
    assert verdict.kept == [{"kind": "user", "name": "www", "why": BEFORE}]
    assert {"kind": "group", "name": "celery"} in verdict.removed  # its user took it along


def test_definitions_stay_with_a_broker_that_stays(site: Site) -> None:
    site.record("package", "rabbitmq-server")
    site.record("definitions", "rabbitmq")
    assert names(site.retire().verdict.kept) == ["rabbitmq-server", "rabbitmq"]


def test_what_is_only_stated_of_a_directory_is_forgotten_with_the_ledger(site: Site) -> None:
    (site.root / "theirs").mkdir()
    site.place(trees=[{"path": str(site.root / "theirs")}])
    verdict = site.retire().verdict
    assert str(site.root / "theirs") not in names([*verdict.removed, *verdict.kept])
    assert (site.root / "theirs").exists()
    assert not site.ledger.exists()


def test_trees_go_whole(site: Site) -> None:
    venv = site.root / "venvs" / "1"
    (venv / "bin").mkdir(parents=True)
    site.record("venv", "1", path=str(venv), created=True)
    assert "1" in names(site.retire().verdict.removed)
    assert not venv.exists()


def test_after_a_failure_it_can_be_tried_again(site: Site) -> None:
    site.record("package", "redis-server", created=True)
    site.place(files=[file(site.root / "a")])
    site.manager.broken = True
    with pytest.raises(PackageError):
        site.retire()
    site.manager.broken = False
    site.retire()
    assert everything(site.root) == []


def test_an_empty_host_has_nothing_to_retire(site: Site) -> None:
    assert Inventory(site.ledger, site.accounts).empty
    site.record("user", USER)
    assert not Inventory(site.ledger, site.accounts).empty


def test_what_one_owner_brought_goes_and_the_rest_of_the_host_stays(site: Site) -> None:
    home, state = site.root / "apps" / "shop", site.root / "state" / "beat-shop"
    for path in (home / "venvs" / "1", state):
        path.mkdir(parents=True)
    (site.root / "unit").touch()
    (state / "schedule").touch()
    (home / "current").symlink_to("releases/1")
    (home / "history.json").touch()
    own, shared = ("celery_app-shop", "celery_beat-shop"), ("celery_app-shop", "celery_app-blog")
    site.record("service", "stack-beat-shop", own[1], created=True)
    site.record("file", site.root / "unit", own[1], created=True)
    site.record("venv", home / "venvs" / "1", own[0], created=True)
    site.record("link", home / "current", own[0], created=True)
    site.record("history", home / "history.json", own[0], created=True)
    site.record("directory", home, own[0], created=True)
    site.record("tree", home / "venvs" / "1", own[0])
    site.record("directory", state, own[1], created=True)
    site.record("directory", home / "venvs", own[0], created=True)
    site.record("user", "celery", own[0], created=True)
    for owner in shared:
        site.record("directory", site.root / "apps", owner, created=True)
    retirement = Retirement(Inventory(site.ledger, site.accounts, own), site.manager, (), check=False)
    depart(retirement)
    forget(own, retirement.verdict.removed, site.ledger)
    assert site.stopped == ["stack-beat-shop"]
    assert not (site.root / "unit").exists() and not home.exists()
    # What beat remembers, whom it belongs to, and what another application uses.
    assert (state / "schedule").exists() and "celery" in site.accounts.names and (site.root / "apps").exists()
    entries = [entry for owner in own for entry in Ledger(owner, site.ledger).entries]
    left = {(entry["kind"], entry["name"]) for entry in entries if entry["name"] != str(site.ledger)}
    kept = {("directory", str(path)) for path in (state, site.root / "apps")}
    assert left == kept | {("user", "celery")}
