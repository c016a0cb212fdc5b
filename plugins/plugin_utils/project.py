"""What a source tells about itself: its build system, its own dependencies, and which file locks them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

# In this order: what pins everything goes before what does not.
LOCKS = ("uv.lock", "poetry.lock", "requirements.txt")
# What is known to be a lock and is not read, with what makes one of it that is.
FOREIGN = {
    "Pipfile.lock": "pipenv requirements --hash > requirements.txt",
    "pdm.lock": "pdm export --prod --output requirements.txt",
    "pylock.toml": "write the same as a `requirements.txt` with hashes: uv export --format requirements.txt",
    "conda-lock.yml": "pip freeze > requirements.txt",
    "pixi.lock": "pip freeze > requirements.txt",
}
BUILT_BY = ("setup.py", "setup.cfg")
AUTO, COPY, WHEEL = "auto", "copy", "wheel"


class ProjectError(ValueError):
    """A project that cannot be used as it is: one sentence, and a line to paste."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Project:
    """The files' names, and what pyproject.toml says ({} where there is none)."""

    files: frozenset[str]
    document: Mapping[str, Any]

    @property
    def can_be_built(self) -> bool:
        """Whether a wheel can be made of it."""
        return "build-system" in self.document or not self.files.isdisjoint(BUILT_BY)

    @property
    def dependencies(self) -> list[str]:
        """The requirements of [project], [] without one; ProjectError where only a build would tell them."""
        table = self.document.get("project") or {}
        if "dependencies" in (table.get("dynamic") or ()):
            raise ProjectError(
                "its pyproject.toml computes `dependencies` when it is built",
                "write `stack_app_install: wheel`, or name a requirements file",
            )
        if not table and "dependencies" in (self.document.get("tool") or {}).get("poetry", {}):
            raise ProjectError("its dependencies are Poetry's and there is no `poetry.lock`", "poetry lock")
        found = table.get("dependencies") or []
        return [str(line) for line in found]

    @property
    def lock(self) -> str:
        """The file that its packages are to be taken from, "" when there is none.

        ProjectError when two of them claim that, or when it is of a kind that is not read.
        """
        there = [name for name in LOCKS if name in self.files]
        foreign = [name for name in FOREIGN if name in self.files]
        rivals = [name for name in (*there, *foreign) if name.endswith(".lock")]
        if len(rivals) > 1:
            listed = " and ".join(f"`{name}`" for name in rivals)
            raise ProjectError(f"it has {listed}: one of them is out of date", f"git rm {rivals[-1]}")
        if foreign and not there:
            raise ProjectError(f"its `{foreign[0]}` is a lock that is not read", FOREIGN[foreign[0]])
        return there[0] if there else ""


def read(files: Iterable[str], pyproject: bytes | None) -> Project:
    """The project with these files; ProjectError when its pyproject.toml is no TOML."""
    try:
        document = tomllib.loads((pyproject or b"").decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(
            f"its pyproject.toml cannot be read: {error}", "uv lock --check   # in the project's folder"
        ) from error
    return Project(frozenset(files), document)


def is_to_be_built(project: Project, module: str, wanted: str, importable: bool) -> bool:
    """Whether it is installed as a wheel instead of being copied; `wanted` is auto, copy or wheel.

    By itself only what is not importable from its folder, has the module somewhere below, and can be built.
    """
    if wanted != AUTO:
        return wanted == WHEEL
    return not importable and project.can_be_built and has_below(project.files, module)


def has_below(files: Iterable[str], module: str) -> bool:
    """Whether a dotted module lies in some folder of these files."""
    path = PurePosixPath(module.partition(":")[0].replace(".", "/"))
    endings = (f"/{path}.py", f"/{path}/__init__.py")
    return any(f"/{name}".endswith(endings) for name in files)
