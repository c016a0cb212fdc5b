"""Which packages an application asks for: by its own lock, its requirements or its project's dependencies."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import requirements_text
from ansible_collections.rabbitry.stack.plugins.module_utils.requirements_text import Line
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import CommandError, Tools
from ansible_collections.rabbitry.stack.plugins.plugin_utils.project import Project, ProjectError

EXPORT = ("export", "--quiet", "--format=requirements-txt", "--no-header", "--no-annotate")
FILES = {"uv.lock": ("uv.lock", "pyproject.toml"), "poetry.lock": ("poetry.lock", "pyproject.toml")}
STALE = {
    "uv.lock": ("needs to be updated", "uv lock"),
    "poetry.lock": ("changed significantly", "poetry lock"),
}


@dataclass(frozen=True)
class Packages:
    """`lock` pins everything and leads; `wanted` leaves choices open, which the Celery set then makes.

    Texts of requirements files; at most one of them is not empty. `origin` names the file for messages.
    """

    lock: str = ""
    wanted: str = ""
    origin: str = ""

    @property
    def pins(self) -> dict[str, str]:
        """{package: version} of what is asked for in exactly one version."""
        found = requirements_text.lines(self.lock or self.wanted)
        return {line.name: line.version for line in found if line.version}


def of_project(root: Path, project: Project, tools: Tools, poetry: str, is_built: bool) -> Packages:
    """What the project at `root` asks for; ProjectError or CommandError for what cannot be used.

    `poetry` is the text of the hashed lock of Poetry itself. A project that is built into a wheel carries its
    dependencies there, if nothing locks them.
    """
    lock = project.lock
    if lock == "requirements.txt":
        return of_file(root / lock)
    if lock:
        export = _uv if lock == "uv.lock" else _poetry(poetry)
        text = _cached(root, lock, tools, export)
        return Packages(lock=_pinned(text, lock), origin=lock)
    if is_built:
        return Packages()
    wanted = "".join(f"{line}\n" for line in project.dependencies)
    return Packages(wanted=wanted, origin="pyproject.toml" if wanted else "")


def of_file(path: Path) -> Packages:
    """What a requirements file and those that it names ask for.

    Raises OSError, UnicodeDecodeError or ProjectError.
    """
    found = _read(path, ())
    if requirements_text.is_lock(found):
        return Packages(lock=requirements_text.joined(found), origin=path.name)
    return Packages(wanted=requirements_text.joined(found), origin=path.name)


def _read(path: Path, seen: tuple[Path, ...]) -> list[Line]:
    """The lines of a requirements file and of those that it includes; its own project is there already."""
    if path in seen:
        raise ProjectError(f"`{path.name}` includes itself", f"grep -n requirement {path}")
    found: list[Line] = []
    for line in requirements_text.lines(path.read_text(encoding="utf-8")):
        option, _, value = line.text.replace("=", " ", 1).partition(" ") if line.is_option else ("", "", "")
        if option in ("-r", "--requirement"):
            found += _read(path.parent / value.strip(), (*seen, path))
        elif option in ("-c", "--constraint"):
            raise ProjectError(
                f"`{path.name}` has the line `{line.text}`, and constraints are not sent to a host",
                f"uv pip compile {path} --output-file requirements.txt   # pins all of it in one file",
            )
        elif line.text in (".", "-e .", "--editable ."):
            continue
        elif option in ("-e", "--editable") or line.text.startswith((".", "/")):
            raise ProjectError(
                f"`{path.name}` has the line `{line.text}`, and a folder of this machine is not on the host",
                "name the package by its version, or by `git+https://…@ref`",
            )
        else:
            found.append(line)
    return found


def _cached(root: Path, lock: str, tools: Tools, export: Callable[[Path, Tools], str]) -> str:
    """The export of these very files; asked of the tool once."""
    total = hashlib.sha256(b"1")
    for name in FILES[lock]:
        path = root / name
        total.update(path.read_bytes() if path.is_file() else b"\0")
    with tools.locked("exports") as place:
        kept = place / f"{total.hexdigest()[:32]}.txt"
        if not kept.exists():
            fresh = kept.with_suffix(".new")
            try:
                fresh.write_text(export(root, tools), encoding="utf-8")
            except CommandError as error:
                said, hint = STALE[lock]
                if said in " ".join([str(error), *error.log]):
                    raise ProjectError(
                        f"its `{lock}` is not of its pyproject.toml, which was changed since",
                        f"cd {root} && {hint}",
                    ) from error
                raise ProjectError(f"its `{lock}` cannot be used: {error}", f"cd {root} && {hint}") from error
            fresh.replace(kept)
        return kept.read_text(encoding="utf-8")


def _uv(root: Path, tools: Tools) -> str:
    # --locked refuses what --frozen would take: a lock that is behind its project.
    return tools.uv(*EXPORT, "--locked", "--no-emit-project", "--no-dev", f"--project={root}")


def _poetry(lock: str) -> Callable[[Path, Tools], str]:
    """An export by Poetry, which is made here from its own hashed lock when it is needed first."""

    def export(root: Path, tools: Tools) -> str:
        with tools.locked("poetry") as place:
            home = place / hashlib.sha256(lock.encode()).hexdigest()[:16]
            if not (home / "ready").exists():
                shutil.rmtree(home, ignore_errors=True)
                tools.uv("venv", "--quiet", "--no-project", str(home))
                (home / "lock.txt").write_text(lock, encoding="utf-8")
                interpreter = f"--python={home}/bin/python"
                tools.uv("pip", "sync", "--quiet", interpreter, "--require-hashes", str(home / "lock.txt"))
                (home / "ready").touch()
            own = {f"POETRY_{name}_DIR": str(place / name.lower()) for name in ("CACHE", "DATA", "CONFIG")}
            own |= {"POETRY_VIRTUALENVS_CREATE": "false", "POETRY_NO_INTERACTION": "1"}
            words = (
                "run",
                "--quiet",
                "--no-project",
                f"--python={home}/bin/python",
                "--",
                f"{home}/bin/poetry",
            )
            asked = ("export", "--no-ansi", "--format=requirements.txt", f"--directory={root}")
            return replace(tools, environment={**tools.environment, **own}).uv(*words, *asked)

    return export


def _pinned(text: str, lock: str) -> str:
    """The exported lines, without what they say of the index; ProjectError for a folder among them."""
    found = requirements_text.lines(text)
    folders = [line.text for line in found if line.text.startswith(("-e", "./", "../", "/", "file:"))]
    if folders:
        raise ProjectError(
            f"its `{lock}` has the folder `{folders[0].removeprefix('-e ')}`, which is not on the host",
            "name the package by its version, or by `git+https://…@ref`",
        )
    return requirements_text.joined(line for line in found if not line.is_option)
