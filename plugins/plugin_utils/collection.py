"""The collection itself, as it lies on the machine that runs Ansible: its roles' variables, its code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option

COLLECTION = Path(__file__).resolve().parents[2]


def role_options(roles: Path, load: Callable[[str], Any]) -> dict[str, dict[str, Option]]:
    """The variables of every role by its argument specification, which `load` reads as YAML.

    {role: {variable: option}}.
    """
    found = {}
    for path in sorted(roles.glob("*/meta/argument_specs.yml")):
        document = load(path.read_text(encoding="utf-8"))
        options = document["argument_specs"]["main"].get("options", {})
        found[path.parts[-3]] = {name: Option.from_argument_spec(spec) for name, spec in options.items()}
    return found


def checksum(part: str) -> str:
    """Over everything below one folder of the collection."""
    return bundle.digest(bundle.read(COLLECTION / part)) if (COLLECTION / part).is_dir() else ""
