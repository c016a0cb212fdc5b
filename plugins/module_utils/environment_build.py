"""Builds the virtual environment of one lock beside the others, complete or not at all."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import uv
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import Shelf
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger

SCHEMA = 1


@dataclass(frozen=True)
class Recipe:
    """What an environment is made of: the hashed lock, what the user adds, and the interpreter."""

    lock: str
    requirements: str
    python: str
    version: str

    @property
    def digest(self) -> str:
        """16 hexadecimal digits; a patch release of Python keeps them, a minor one does not."""
        parts = [SCHEMA, self.lock, self.requirements, self.python, self.version, platform.machine()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def is_built(shelf: Shelf, recipe: Recipe) -> bool:
    """Whether the environment is complete and its interpreter is still there."""
    return shelf.note(recipe.digest) is not None and (shelf.path(recipe.digest) / "bin" / "python").exists()


def build(shelf: Shelf, recipe: Recipe, program: uv.Uv, ledger: Ledger) -> None:
    """Make the environment at its final path (its scripts name that path); one that fails is removed."""
    cache = Path(program.run("cache", "dir").strip())
    if not cache.exists():
        ledger.record("venv", str(cache), path=str(cache), created=True)
    shelf.discard(recipe.digest)
    try:
        _fill(shelf.path(recipe.digest), recipe, program)
    except BaseException:
        shelf.discard(recipe.digest)
        raise
    shelf.complete(recipe.digest, python=recipe.version)


def _fill(path: Path, recipe: Recipe, program: uv.Uv) -> None:
    program.run("venv", "--quiet", "--no-project", "--python", recipe.python, str(path))
    path.chmod(0o755)
    interpreter = str(path / "bin" / "python")
    lock = path / "lock.txt"
    lock.write_text(recipe.lock, encoding="utf-8")
    install = ["--quiet", "--python", interpreter, "--compile-bytecode"]
    program.run("pip", "sync", *install, "--require-hashes", str(lock))
    if recipe.requirements:
        extra = path / "requirements.txt"
        extra.write_text(recipe.requirements, encoding="utf-8")
        program.run("pip", "install", *install, "--requirement", str(extra), "--constraint", str(lock))
    # uv's own lock, which everybody may write to.
    (path / ".lock").unlink(missing_ok=True)
