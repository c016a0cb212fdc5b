"""Puts packages into a fresh virtual environment: those of the lock, of the application's own, or chosen."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import requirements_text, uv
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment_error import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.requirements_text import Line

# What `uv pip check` says of an installed package whose requirement is not met.
COMPLAINT = re.compile(r"The package `(?P<name>[^`]+)` requires `(?P<need>[^`]+)`,? but (?P<found>.+)")


class Filling:
    """One environment that is being filled. Raises DeploymentError with uv's own words."""

    def __init__(self, path: Path, program: uv.Uv) -> None:
        self.path = path
        self.program = program

    def fill(self, lock: str, own: str, wanted: str, leading: str, install: str) -> None:
        """By the application's own lock where it has one, else by what it wants, else by `lock` alone."""
        if own:
            self.follow(own, lock, install)
        elif wanted or install:
            self.choose(wanted, leading, lock, install)
        else:
            self.take(lock)

    def take(self, lock: str) -> None:
        """Exactly what the hashed lock has."""
        self._sync(requirements_text.lines(lock), "--require-hashes")

    def follow(self, own: str, lock: str, install: str) -> None:
        """What the application's own lock has, and of `lock` what that does not bring to this host.

        The application itself, `install`, goes on top, whatever its own metadata say: its lock leads.
        """
        given = requirements_text.lines(own)
        self._sync(given)
        there = self.installed()
        added = [line for line in requirements_text.lines(lock) if line.name not in there]
        if added:
            with self._file([*_options(given), *added]) as file:
                self._pip("install", "--no-deps", "--requirement", file)
        added += self._install(install)
        self._keep(requirements_text.joined([*given, *added]))
        self._check({line.name for line in added})

    def choose(self, wanted: str, leading: str, lock: str, install: str) -> None:
        """What is wanted and what leads, the rest in the versions of `lock` as far as these fit."""
        given = requirements_text.lines(wanted)
        file = Path(install).name if install.endswith(".whl") else ""
        with self._file(given) as own, self._file(requirements_text.lines(leading)) as first:
            # Versions that stand in the output file already are kept where nothing is against them.
            chosen = Path(own).with_name("chosen.txt")
            chosen.write_text(lock, encoding="utf-8")
            asked = [own, first]
            if install:
                asked.append(str(Path(own).with_name("application.in")))
                Path(asked[-1]).write_text(f"{install}\n", encoding="utf-8")
            quiet = ("--quiet", "--no-header", "--no-annotate", "--generate-hashes", "--no-strip-extras")
            left_out = ("--no-emit-package", _name(file)) if file else ()
            python = ("--python", str(self.path / "bin" / "python"))
            self.program.run(
                "pip", "compile", *quiet, *python, *left_out, "--output-file", str(chosen), *asked
            )
            found = requirements_text.lines(chosen.read_text(encoding="utf-8"))
        self._sync([*_options(given), *found])
        if file:
            self._install(install)

    def installed(self) -> set[str]:
        """The normalised names of the packages in the environment."""
        found = self.path.glob("lib/python*/site-packages/*.dist-info")
        return {requirements_text.normalised(one.name.partition("-")[0]) for one in found}

    def _install(self, install: str) -> list[Line]:
        """Put the application itself in; returns it as a line of a lock."""
        if not install:
            return []
        before = self.installed()
        with self._file(requirements_text.lines(install)) as file:
            self._pip("install", "--no-deps", "--requirement", file)
        return [Line(Path(install).name, name) for name in self.installed() - before]

    def _sync(self, lines: list[Line], *options: str) -> None:
        strict = ("--require-hashes",) if requirements_text.are_hashed(lines) and not options else options
        with self._file(lines) as file:
            self._pip("sync", *strict, file)
        self._keep(requirements_text.joined(lines))

    def _pip(self, verb: str, *words: str) -> None:
        python = ("--python", str(self.path / "bin" / "python"))
        self.program.run("pip", verb, "--quiet", *python, "--compile-bytecode", *words)

    def _keep(self, text: str) -> None:
        """For people: what is in the environment. Options may have a login in them and stay out."""
        lines = [line for line in requirements_text.lines(text) if not line.is_option]
        (self.path / "lock.txt").write_text(requirements_text.joined(lines), encoding="utf-8")

    def _check(self, added: set[str]) -> None:
        """What was added to the application's own packages must work with them."""
        try:
            self.program.run("pip", "check", "--python", str(self.path / "bin" / "python"))
        except DeploymentError as error:
            found = [complaint for line in error.log if (complaint := COMPLAINT.search(line))]
            wrong = [one for one in found if requirements_text.normalised(one["name"]) in added]
            if wrong:
                one = wrong[0]
                need = re.split(r"[^A-Za-z0-9._-]", one["need"])[0]
                raise DeploymentError(
                    f"`{one['name']}` needs `{one['need']}`, and by the application's lock {one['found']}",
                    f"uv lock --upgrade-package {need}   # or what renews your lock",
                    error.log,
                ) from error

    @contextmanager
    def _file(self, lines: Iterable[Line]) -> Iterator[str]:
        """A file with these lines that nobody else may read: an index in it may have a login."""
        with tempfile.TemporaryDirectory(prefix="rabbitry-") as folder:
            path = Path(folder) / "requirements.txt"
            path.write_text(requirements_text.joined(lines), encoding="utf-8")
            yield str(path)


def _options(lines: list[Line]) -> list[Line]:
    """Indexes and the like, which hold for everything that is installed."""
    return [line for line in lines if line.is_option]


def _name(wheel: str) -> str:
    return requirements_text.normalised(wheel.partition("-")[0])
