"""A role says the same in its defaults, its argument spec and its README, and knows nothing of others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rabbitry import render
from tests.support import repository
from tests.support.repository import ROOT, load, options, roles, text

# A role's vocabulary: its own variables, and words that say what runs elsewhere.
FOREIGN = re.compile(r"\b(?:stack_(?!(?:settings|django)\b)\w+|wiring_\w+|hostvars|groups\[)")
DEFINES = re.compile(r"^\s+(?:register: (\w+)|loop_var: (\w+))", re.M)
WRITTEN = (".yml", ".j2")


def yaml_of(role: str, *folders: str) -> list[Path]:
    paths = [path for path in repository.files() if path.parts[:2] == ("roles", role)]
    return [path for path in paths if path.suffix in WRITTEN and path.parts[2] in folders]


@pytest.mark.parametrize("role", roles())
def test_defaults_and_spec_have_the_same_names_in_the_same_order(role: str) -> None:
    defaults = load(f"roles/{role}/defaults/main.yml")
    wanted = [name for name, option in options(role).items() if not option.get("required")]
    assert list(defaults) == wanted


@pytest.mark.parametrize("role", roles())
def test_literal_defaults_equal_those_of_the_spec(role: str) -> None:
    spec = options(role)
    literal = {k: v for k, v in load(f"roles/{role}/defaults/main.yml").items() if "{{" not in str(v)}
    assert {name: spec[name].get("default") for name in literal} == literal


@pytest.mark.parametrize("role", roles())
def test_every_option_is_described(role: str) -> None:
    assert [name for name, option in options(role).items() if not option.get("description")] == []


def test_readme_tables_are_current() -> None:
    stale = [str(path.relative_to(ROOT)) for path in render.outdated()]
    assert stale == [], "run ./inv render"


@pytest.mark.parametrize("role", roles())
def test_variables_carry_the_name_of_their_role(role: str) -> None:
    named = list(options(role))
    for path in yaml_of(role, "defaults", "vars"):
        named += load(path) or {}
    for path in yaml_of(role, "tasks", "handlers"):
        named += [first or second for first, second in DEFINES.findall(text(path))]
    assert [name for name in named if not name.startswith((f"{role}_", f"__{role}_"))] == []


@pytest.mark.parametrize("role", roles())
def test_no_role_speaks_of_another(role: str) -> None:
    # The role `service` is the one that others call, so its arguments are theirs to give.
    others = "|".join(other for other in roles() if other not in (role, "service"))
    foreign = re.compile(rf"(?<![\w.\-/])_{{0,2}}(?:{others})_\w+")
    found = []
    for path in yaml_of(role, "tasks", "handlers", "templates", "defaults", "vars"):
        body = re.sub(r"rabbitry\.stack\.\w+", "", text(path))
        own = re.compile(rf"\b_{{0,2}}{role}_\w+")
        words = [*FOREIGN.findall(body), *foreign.findall(own.sub("", body))]
        found += [f"{path}: {word}" for word in words]
    assert found == []
