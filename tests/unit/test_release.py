"""A source as a release: switched to, kept beside what runs, and left away when it was taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle, history, release_converge
from ansible_collections.rabbitry.stack.plugins.module_utils.history import History, Pair
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger


class Host:
    """A home in a folder; `up` and `stage` release a source that has one line."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.source = folder, folder / "home", folder / "source"
        self.home.mkdir()
        self.source.mkdir()
        (self.home / "venvs" / "v").mkdir(parents=True)
        (self.home / "venvs" / "v" / ".rabbitry.json").write_text('{"digest": "v"}')

    def ledger(self, owner: str = "celery_app") -> Ledger:
        return Ledger(owner, self.folder / "ledger")

    def release(self, line: str, check: bool = False, **options: Any) -> dict[str, Any]:
        (self.source / "shop.py").write_text(line)
        entries = bundle.read(self.source)
        archive = self.folder / "archive"
        archive.write_bytes(bundle.pack(entries))
        given = {"owner": "celery_app", "home": str(self.home), "venv": "v", "module": "", "user": ""}
        given |= {"environment_file": "", "switch": True, "keep": 3, "archive": str(archive), "existing": ""}
        given |= {"commands": [], "command_seconds": 30, "again": False}
        return release_converge.converge({**given, "digest": bundle.digest(entries), **options}, check)

    @property
    def linked(self) -> str:
        return Pair.linked(self.home).release


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path)
    monkeypatch.setattr(release_converge, "Ledger", made.ledger)
    return made


def test_a_release_is_switched_to_and_noted(host: Host) -> None:
    first = host.release("x = 1\n")
    assert first["changed"] and host.linked == first["digest"]
    assert not host.release("x = 1\n")["changed"]
    second = host.release("x = 2\n")
    past = History(host.home)
    assert [use.by for use in past.uses] == ["up", "up"]
    assert host.linked == second["digest"] and past.before == Pair(first["digest"], "v")


def test_a_release_that_is_not_switched_to_lies_beside(host: Host) -> None:
    first = host.release("x = 1\n")
    second = host.release("x = 2\n", switch=False)
    assert second["changed"] and host.linked == first["digest"]
    assert (Path(second["path"]) / "shop.py").read_text() == "x = 2\n"
    assert not host.release("x = 2\n", switch=False)["changed"]
    assert len(History(host.home).uses) == 1


def test_one_that_was_taken_back_stays_away_until_the_source_changes(host: Host) -> None:
    first, second = host.release("x = 1\n"), host.release("x = 2\n")
    ledger = host.ledger()
    history.put(History(host.home), Pair(first["digest"], "v"), ledger, "rollback")
    for check in (True, False):
        again = host.release("x = 2\n", check)
        assert not again["changed"] and again["digest"] == first["digest"] == host.linked
    # Nor is it tried beside what runs, as a step of several hosts; a deployment tries it again.
    assert not host.release("x = 2\n", switch=False, commands=["false"])["changed"]
    assert host.release("x = 2\n", switch=False, again=True)["digest"] == second["digest"]
    third = host.release("x = 3\n")
    assert third["changed"] and host.linked == third["digest"]
