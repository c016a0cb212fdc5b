"""What a source says of itself: by which lock, with which dependencies, copied or built."""

from __future__ import annotations

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import project
from ansible_collections.rabbitry.stack.plugins.plugin_utils.project import ProjectError

BUILD = b'[build-system]\nrequires = ["hatchling"]\n'
SRC = ("pyproject.toml", "src/shop/__init__.py", "src/shop/tasks.py")


@pytest.mark.parametrize(
    ("files", "lock"),
    [
        (("requirements.txt", "uv.lock", "pyproject.toml"), "uv.lock"),
        (("poetry.lock", "requirements.txt"), "poetry.lock"),
        (("requirements.txt",), "requirements.txt"),
        (("requirements.txt", "Pipfile.lock"), "requirements.txt"),
        (("pyproject.toml",), ""),
    ],
)
def test_the_lock_that_pins_most_leads(files: tuple[str, ...], lock: str) -> None:
    assert project.read(files, None).lock == lock


@pytest.mark.parametrize("file", project.FOREIGN)
def test_a_lock_that_is_not_read_is_named_with_a_way_out(file: str) -> None:
    with pytest.raises(ProjectError, match=f"`{file}` is a lock that is not read") as raised:
        _ = project.read([file], None).lock
    assert raised.value.hint


def test_two_locks_are_one_too_many() -> None:
    with pytest.raises(ProjectError, match=r"`uv\.lock` and `poetry\.lock`: one of them is out of date"):
        _ = project.read(["uv.lock", "poetry.lock"], None).lock


def test_dependencies_are_those_of_the_project() -> None:
    text = b'[project]\nname = "shop"\ndependencies = ["celery>=5.7", "requests"]\n'
    assert project.read([], text).dependencies == ["celery>=5.7", "requests"]
    assert project.read([], None).dependencies == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'[project]\ndynamic = ["version", "dependencies"]\n', "computes `dependencies`"),
        (b'[tool.poetry.dependencies]\ncelery = "^5.7"\n', "are Poetry's and there is no `poetry.lock`"),
    ],
)
def test_dependencies_that_cannot_be_read_are_refused(text: bytes, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        _ = project.read([], text).dependencies


@pytest.mark.parametrize("text", [b"[project", b"\xff\xfe"])
def test_a_damaged_project_is_refused(text: bytes) -> None:
    with pytest.raises(ProjectError, match=r"pyproject\.toml cannot be read"):
        project.read([], text)


@pytest.mark.parametrize(
    ("files", "text", "wanted", "importable", "built"),
    [
        (SRC, BUILD, "auto", False, True),
        (SRC, BUILD, "copy", False, False),
        (SRC, b"", "auto", False, False),
        ((*SRC, "setup.py"), b"", "auto", False, True),
        (("shop/__init__.py",), BUILD, "auto", True, False),
        (("shop/__init__.py",), BUILD, "wheel", True, True),
        (("other/__init__.py",), BUILD, "auto", False, False),
    ],
)
def test_what_is_importable_only_when_installed_is_built(
    files: tuple[str, ...], text: bytes, wanted: str, importable: bool, built: bool
) -> None:
    assert project.is_to_be_built(project.read(files, text), "shop", wanted, importable) is built


@pytest.mark.parametrize(
    ("module", "found"), [("shop", True), ("shop.tasks:app", True), ("hop", False), ("src", False)]
)
def test_a_module_is_found_below(module: str, found: bool) -> None:
    assert project.has_below(SRC, module) is found
