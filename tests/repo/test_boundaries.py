"""Who may know whom: an import that crosses a boundary is named with the rule that it breaks."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.support.repository import ROOT, python_files, text

COLLECTION = "ansible_collections.rabbitry.stack.plugins"
SHARED = (f"{COLLECTION}.module_utils",)
HOST_SIDE = ("ansible.module_utils", *SHARED)
PURE = (f"{COLLECTION}.plugin_utils", *SHARED)
CLIENTS = ("celery", "docker", "kombu", "amqp", "pika", "redis", "pytest", "rich", "yaml", "invoke")

# Folder -> what its files may import besides the standard library.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "plugins/modules/": HOST_SIDE,
    "plugins/module_utils/": HOST_SIDE,
    "plugins/plugin_utils/": PURE,
    "plugins/filter/": (*PURE, "ansible.errors"),
    "plugins/action/": (*PURE, *HOST_SIDE, "ansible", "yaml"),
    "plugins/callback/": ("ansible",),
    "rabbitry/": ("rabbitry", *CLIENTS),
    "tasks.py": ("rabbitry", "invoke"),
    "tests/smoke/": ("rabbitry", "tests.smoke", *CLIENTS),
}
# The only modules that start programs, and the only one that prints.
STARTERS = {Path("rabbitry/ansible.py"), Path("rabbitry/host.py")}
PRINTER = Path("rabbitry/report.py")


def imports(path: Path) -> set[str]:
    """Return the full names of what a file imports, also inside its functions."""
    found = set()
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it goes"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_below(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_stay_within_their_boundary(folder: str) -> None:
    paths = [Path(folder)] if (ROOT / folder).is_file() else python_files(folder)
    assert paths
    crossing = [
        f"{path}: {name}"
        for path in paths
        for name in sorted(imports(path))
        if name.split(".")[0] not in sys.stdlib_module_names and not is_below(name, MAY_IMPORT[folder])
    ]
    assert crossing == []


def test_only_two_modules_start_programs() -> None:
    starters = {path for path in python_files("rabbitry/", "tasks.py") if is_below_any(path, "subprocess")}
    assert starters == STARTERS


def is_below_any(path: Path, package: str) -> bool:
    return any(is_below(name, (package,)) for name in imports(path))


def test_only_the_report_prints() -> None:
    printing = {
        path
        for path in python_files("rabbitry/", "tasks.py")
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing <= {PRINTER}


def test_the_verbs_only_hand_on() -> None:
    assert len(text("tasks.py").splitlines()) <= 200


def test_one_module_starts_programs_on_the_controller_for_plugins() -> None:
    folders = ("plugins/plugin_utils/", "plugins/action/", "plugins/filter/", "plugins/callback/")
    starters = {path for path in python_files(*folders) if is_below_any(path, "subprocess")}
    assert starters == {Path("plugins/plugin_utils/commands.py")}
