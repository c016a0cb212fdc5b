"""Scenarios stand on one shared part, and each of them says something that can fail."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.repository import ROOT, files, load, roles, text

SCENARIOS = sorted({path.parent for path in files() if path.match("roles/*/molecule/*/molecule.yml")})
SHARED = load(".config/molecule/config.yml")


def ids(path: Path) -> str:
    return f"{path.parts[1]}-{path.parts[3]}"


def test_every_role_has_a_default_scenario() -> None:
    have = {path.parts[1] for path in SCENARIOS if path.name == "default"}
    assert sorted(set(roles()) - have) == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=ids)
def test_a_scenario_has_tests_that_assert(scenario: Path) -> None:
    found = [path for path in files() if path.match(f"{scenario}/tests/test_*.py")]
    functions = [
        node
        for path in found
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert functions
    vague = [f.name for f in functions if not any(isinstance(n, ast.Assert | ast.Call) for n in ast.walk(f))]
    assert vague == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=ids)
def test_its_playbooks_are_there(scenario: Path) -> None:
    own = (load(scenario / "molecule.yml") or {}).get("provisioner", {}).get("playbooks", {})
    playbooks = {**SHARED["provisioner"]["playbooks"], **own}
    # Molecule leaves a step out, and says well, when its playbook is not there.
    assert [name for name, path in playbooks.items() if not (ROOT / scenario / path).is_file()] == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=ids)
def test_it_says_only_what_is_its_own(scenario: Path) -> None:
    document = load(scenario / "molecule.yml") or {}
    assert set(document) <= {"provisioner", "scenario"}
    assert set(document.get("provisioner", {})) <= {"inventory", "playbooks"}
