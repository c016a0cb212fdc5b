"""An application's source on the machine that runs Ansible: what it has, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import variable_of
from ansible_collections.rabbitry.stack.plugins.plugin_utils.digest import checksum
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault


def has_module(files: Iterable[str], module: str) -> bool:
    """Whether a dotted module is a file or a package among the files; what follows a `:` does not count."""
    path = module.partition(":")[0].replace(".", "/")
    return not {f"{path}.py", f"{path}/__init__.py"}.isdisjoint(files)


def modules(files: Iterable[str]) -> list[str]:
    """The modules and packages at the top of the source, for a message."""
    paths = [PurePosixPath(name) for name in files]
    packages = {path.parts[0] for path in paths if len(path.parts) == 2 and path.name == "__init__.py"}
    return sorted(packages | {path.stem for path in paths if len(path.parts) == 1 and path.suffix == ".py"})


def sources(
    app: Mapping[str, Any], locate: Callable[[str], str], sample: Path
) -> tuple[list[str], list[Fault]]:
    """Checksums of an application's source and requirements, and what is wrong with them.

    `locate` says where a path of the model is on this machine, `sample` is the source of one that has none.
    """
    given = app.get("source")
    root = Path(locate(given)).expanduser() if given else sample
    faults = []
    checksums = []
    try:
        entries = bundle.read(root)
    except bundle.BundleError as error:
        where = variable_of(app, "source")
        return [], [Fault(f"`{where}` is `{given or root}`: {error}", f"ls -la {root}")]
    checksums.append(bundle.digest(entries))
    files = [entry.name for entry in entries]
    module = app.get("module")
    if module and not has_module(files, module):
        there = ", ".join(modules(files)) or "no module at all"
        message = f"`{variable_of(app, 'module')}` is `{module}`, which is not in {root}: there is {there}"
        faults.append(Fault(message, f"ls {root}"))
    if app.get("requirements"):
        path = Path(locate(app["requirements"])).expanduser()
        try:
            checksums.append(checksum(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            where = variable_of(app, "requirements")
            message = f"`{where}` is `{path}`, which cannot be read: {reason}"
            faults.append(Fault(message, f"ls -l {path}"))
    return checksums, faults
