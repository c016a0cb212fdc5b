"""The module `release`: what `current` and `venv` lead to, for what is sent and for what is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle, release_converge, release_parts
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.import_check import Imported
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger


class Home:
    """A home with the environment `one`; `asked` are the (directory, python) of every import."""

    def __init__(self, root: Path) -> None:
        self.path = root / "home"
        self.root = root
        self.asked: list[tuple[str, str]] = []
        self.fails = False
        (self.path / "venvs/one/bin").mkdir(parents=True)
        (root / "app").mkdir()
        (root / "app/shop.py").write_text("")

    def converge(self, check: bool = False, **more: Any) -> dict[str, Any]:
        entries = bundle.read(self.root / "app")
        given = {"owner": "celery_app", "home": str(self.path), "venv": f"{self.path}/venvs/one"}
        given |= {"keep": 3, "switch": True, "commands": [], "command_seconds": 30, "again": False}
        given |= {"module": "shop", "user": "", "environment_file": "", "existing": "", "archive": None}
        given |= {"digest": "" if more.get("existing") else bundle.digest(entries), **more}
        answer = release_converge.converge(given, check)
        if answer.get("needed"):
            archive = self.root / "archive"
            archive.write_bytes(bundle.pack(entries))
            answer = release_converge.converge({**given, "archive": str(archive)}, check)
        return answer

    def imported(self, module: str, path: Path, python: Path, user: str, file: str) -> Imported:
        self.asked.append((str(path), str(python)))
        if self.fails:
            raise DeploymentError("no")
        return Imported(["shop.sell"])

    def leads(self, link: str) -> str:
        return str((self.path / link).readlink())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path)
    monkeypatch.setattr(release_parts, "import_check", home.imported)
    monkeypatch.setattr(release_converge, "Ledger", lambda owner: Ledger(owner, tmp_path / "ledger"))
    return home


def test_a_release_is_tried_once_and_switched_to_with_its_environment(home: Home) -> None:
    first = home.converge()
    assert first["changed"] and first["tasks"] == ["shop.sell"]
    assert home.leads("current") == f"releases/{first['digest']}"
    assert home.leads("venv") == "venvs/one"
    assert not home.converge()["changed"]
    assert len(home.asked) == 1


def test_a_release_that_fails_goes_and_leaves_what_is_there(home: Home) -> None:
    before = home.converge()["digest"]
    (home.root / "app/shop.py").write_text("x")
    home.fails = True
    with pytest.raises(DeploymentError):
        home.converge()
    assert home.leads("current") == f"releases/{before}"
    assert [path.name for path in (home.path / "releases").iterdir()] == [before]


def test_what_is_on_the_host_is_led_to_and_tried_every_time(home: Home) -> None:
    place = str(home.root / "app")
    first = home.converge(existing=place)
    assert first["changed"] and (first["path"], first["digest"]) == (place, "")
    assert home.leads("current") == place
    assert not home.converge(existing=place)["changed"]
    assert home.asked == [(place, f"{home.path}/venvs/one/bin/python")] * 2
    home.fails = True
    with pytest.raises(DeploymentError):
        home.converge(existing=place)
    assert (home.root / "app/shop.py").exists()


def test_an_environment_of_the_host_s_own_is_led_to_by_its_path(home: Home) -> None:
    own = str(home.root / "own")
    assert home.converge(venv=own)["changed"]
    assert home.leads("venv") == own
    assert home.asked[0][1] == f"{own}/bin/python"
    assert not home.converge(venv=own)["changed"]


def test_coming_back_from_the_host_s_own_is_a_change(home: Home) -> None:
    home.converge()
    home.converge(existing=str(home.root / "app"), venv=str(home.root / "own"))
    back = home.converge()
    assert back["changed"]
    assert (home.leads("current"), home.leads("venv")) == (f"releases/{back['digest']}", "venvs/one")


def test_check_mode_only_tells(home: Home) -> None:
    answer = home.converge(check=True, existing=str(home.root / "app"))
    assert answer["changed"]
    assert answer["diff"]["after"] == f"current: {home.root}/app\nvenv: venvs/one\n"
    assert not (home.path / "current").exists()


def test_a_release_in_an_environment_of_the_host_s_own_stays_when_a_command_fails(home: Home) -> None:
    own = str(home.root / "own")
    release = home.converge(venv=own)["digest"]
    with pytest.raises(DeploymentError):
        home.converge(venv=own, commands=["/no/such/command"])
    assert (home.path / "releases" / release).is_dir() and home.leads("current") == f"releases/{release}"


def test_commands_of_a_directory_of_the_host_s_own_run_before_it_is_led_to(home: Home) -> None:
    place = home.root / "app"
    home.converge(existing=str(place), switch=False, commands=["touch ran"])
    assert (place / "ran").exists() and not (home.path / "current").exists()
    (place / "ran").unlink()
    home.converge(existing=str(place))
    assert not home.converge(existing=str(place), switch=False, commands=["touch ran"])["changed"]
    assert not (place / "ran").exists()
