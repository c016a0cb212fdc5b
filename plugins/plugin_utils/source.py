"""Which Python modules an application's source has, by the names of its files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath


def has_module(files: Iterable[str], module: str) -> bool:
    """Whether a dotted module is a file or a package among the files; what follows a `:` does not count."""
    path = module.partition(":")[0].replace(".", "/")
    return not {f"{path}.py", f"{path}/__init__.py"}.isdisjoint(files)


def modules(files: Iterable[str]) -> list[str]:
    """The modules and packages at the top of the source, for a message."""
    paths = [PurePosixPath(name) for name in files]
    packages = {path.parts[0] for path in paths if len(path.parts) == 2 and path.name == "__init__.py"}
    return sorted(packages | {path.stem for path in paths if len(path.parts) == 1 and path.suffix == ".py"})
