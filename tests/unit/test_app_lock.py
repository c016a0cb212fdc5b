"""The packages that an application asks for: by requirements files, and by locks that a tool exports."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import app_lock, project
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import CommandError, Tools
from ansible_collections.rabbitry.stack.plugins.plugin_utils.project import ProjectError

HASHED = "celery==5.7.0 \\\n    --hash=sha256:00\n"


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(text)
    return root


class FakeUv:
    """Answers every command of uv with `says`, or fails with it, and keeps the `words` that it was given."""

    def __init__(self, says: str | CommandError, monkeypatch: pytest.MonkeyPatch) -> None:
        self.says = says
        self.words: list[tuple[str, ...]] = []
        monkeypatch.setattr(Tools, "uv", lambda _, *words: self.answer(words))

    def answer(self, words: tuple[str, ...]) -> str:
        self.words.append(words)
        if isinstance(self.says, CommandError):
            raise self.says
        return self.says


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of an application, with the tools' cache beside it."""
    (tmp_path / "app").mkdir()
    return tmp_path / "app"


def packages(root: Path, is_built: bool = False) -> app_lock.Packages:
    tools = Tools(root.parent / "cache")
    files = [path.name for path in root.iterdir() if path.is_file()]
    pyproject = (root / "pyproject.toml").read_bytes() if "pyproject.toml" in files else None
    return app_lock.of_project(root, project.read(files, pyproject), tools, "poetry==1", is_built)


def test_hashed_requirements_are_a_lock_and_others_leave_choices(tmp_path: Path) -> None:
    write(tmp_path, one__txt=HASHED, two__txt="celery==5.7.0\nrequests\n")
    assert app_lock.of_file(tmp_path / "one.txt").lock == "celery==5.7.0 --hash=sha256:00\n"
    found = app_lock.of_file(tmp_path / "two.txt")
    assert (found.lock, found.wanted, found.pins) == ("", "celery==5.7.0\nrequests\n", {"celery": "5.7.0"})


def test_files_that_are_included_are_read_and_the_project_itself_is_there_already(tmp_path: Path) -> None:
    write(tmp_path, base__txt="redis>=7\n", requirements__txt="-r base.txt\n-e .\nrequests\n--pre\n")
    assert app_lock.of_file(tmp_path / "requirements.txt").wanted == "redis>=7\nrequests\n--pre\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-r requirements.txt\n", "includes itself"),
        ("-c more.txt\n", "constraints are not sent"),
        ("-e ./other\n", "a folder of this machine"),
        ("./vendor/a.whl\n", "a folder of this machine"),
    ],
)
def test_what_cannot_be_sent_to_a_host_is_refused(text: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, requirements__txt=text)
    with pytest.raises(ProjectError, match=message):
        app_lock.of_file(tmp_path / "requirements.txt")


def test_a_lock_is_exported_once_until_it_or_its_project_changes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, uv__lock="1", pyproject__toml="")
    uv = FakeUv(f"--index-url https://host\n{HASHED}", monkeypatch)
    first = packages(root)
    assert (first.lock, first.origin) == ("celery==5.7.0 --hash=sha256:00\n", "uv.lock")
    assert packages(root) == first
    assert len(uv.words) == 1
    assert {"--locked", "--no-emit-project", "--no-dev"} <= set(uv.words[0])
    write(root, pyproject__toml="# changed\n")
    packages(root)
    assert len(uv.words) == 2


@pytest.mark.parametrize(
    ("lock", "said", "message"),
    [
        ("uv__lock", "The lockfile at `uv.lock` needs to be updated, but", "is not of its pyproject.toml"),
        ("poetry__lock", "pyproject.toml changed significantly since", "is not of its pyproject.toml"),
        ("uv__lock", "error: something else", "cannot be used: error: something else"),
    ],
)
def test_a_lock_that_fails_is_refused(
    lock: str, said: str, message: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, **{lock: "1", "pyproject__toml": ""})
    FakeUv(CommandError(said), monkeypatch)
    with pytest.raises(ProjectError, match=message) as raised:
        packages(root)
    assert raised.value.hint.startswith(f"cd {root} && ")
    assert not list((root.parent / "cache/exports").glob("*.txt"))


@pytest.mark.parametrize("line", ["-e ./packages/a", "./packages/a", "file:///srv/a"])
def test_a_lock_with_a_folder_in_it_is_refused(
    line: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, uv__lock="1", pyproject__toml="")
    FakeUv(f"{HASHED}{line}\n", monkeypatch)
    with pytest.raises(ProjectError, match="which is not on the host"):
        packages(root)


def test_what_is_built_carries_its_dependencies_itself(root: Path) -> None:
    write(root, pyproject__toml='[project]\nname = "a"\ndependencies = ["requests"]\n')
    assert packages(root).wanted == "requests\n"
    assert packages(root, is_built=True) == app_lock.Packages()
