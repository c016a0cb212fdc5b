"""Builds the virtual environment of an application beside the others, complete or not at all."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import uv
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import Shelf
from ansible_collections.rabbitry.stack.plugins.module_utils.environment_fill import Filling
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger

SCHEMA = 1


@dataclass(frozen=True)
class Recipe:
    """What an environment is made of: the hashed lock, what the user adds, and the interpreter.

    `own` is the application's own lock, which leads; `requirements` leave choices open, which the lock makes
    as far as it can, but for the packages that are `leading`. `package` says what the application itself is
    made of when it is installed, and `install` what uv is told for it: a file on this host, or its name and
    version.
    """

    lock: str
    requirements: str
    python: str
    version: str
    own: str = ""
    leading: str = ""
    package: str = ""
    install: str = ""

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Recipe:
        """By the parameters of the module `venv`; DeploymentError when there is no such Python."""
        python, version = uv.find_python(params["python"])
        package = params["package"]
        return cls(
            lock=params["lock"],
            requirements=params["requirements"].strip(),
            python=python,
            version=version,
            own=params["own_lock"].strip(),
            leading=params["leading"],
            package=params["package_digest"] or package,
            install=params["archive"] or ("" if package.endswith(".whl") else package),
        )

    @property
    def digest(self) -> str:
        """16 hexadecimal digits; a patch release of Python keeps them, a minor one does not."""
        parts = [SCHEMA, self.lock, self.requirements, self.python, self.version, platform.machine()]
        if self.own or self.requirements or self.package:
            parts += [self.own, self.leading, self.package]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def is_built(shelf: Shelf, recipe: Recipe) -> bool:
    """Whether the environment is complete and its interpreter is still there."""
    return shelf.note(recipe.digest) is not None and (shelf.path(recipe.digest) / "bin" / "python").exists()


def build(shelf: Shelf, recipe: Recipe, program: uv.Uv, ledger: Ledger) -> None:
    """Make the environment at its final path (its scripts name that path); one that fails is removed."""
    cache = Path(program.run("cache", "dir").strip())
    if not cache.exists():
        ledger.record("venv", str(cache), path=str(cache), created=True)
    path = shelf.path(recipe.digest)
    shelf.discard(recipe.digest)
    try:
        program.run("venv", "--quiet", "--no-project", "--python", recipe.python, str(path))
        path.chmod(0o755)
        filling = Filling(path, program)
        filling.fill(recipe.lock, recipe.own, recipe.requirements, recipe.leading, recipe.install)
        # uv's own lock, which everybody may write to.
        (path / ".lock").unlink(missing_ok=True)
    except BaseException:
        shelf.discard(recipe.digest)
        raise
    shelf.complete(recipe.digest, python=recipe.version)
