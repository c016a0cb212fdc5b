"""An example is whole: its page, its inventory before the stack's variables, its application, its test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.repository import ROOT, files, load, text

FOLDERS = sorted({path.parts[1] for path in files() if path.parts[0] == "examples" and len(path.parts) > 2})
NAMES = [name for name in FOLDERS if (ROOT / "examples" / name / "inventory.yml").is_file()]
MODEL = load("inventory/group_vars/all/stack.yml")
TESTED = {
    name
    for path in files()
    if path.match("tests/examples/test_*.py")
    for name in re.findall(r'^    name = "(\w+)"$', text(path), re.M)
}

# Has no application of its own, but all the others.
TOGETHER = "together"

each = pytest.mark.parametrize("name", NAMES)


def test_the_page_of_examples_names_each() -> None:
    page = text("examples/README.md")
    assert [name for name in FOLDERS if f"({name}/README.md)" not in page] == []


def test_each_is_deployed_by_a_test() -> None:
    assert set(NAMES) == TESTED


@each
def test_its_inventory_has_the_stack_s_own_variables(name: str) -> None:
    link = ROOT / "examples" / name / "group_vars" / "all"
    assert link.is_symlink()
    assert link.resolve() == ROOT / "inventory" / "group_vars" / "all"


@each
def test_its_decisions_are_the_stack_s_and_lie_where_they_win(name: str) -> None:
    decisions = load(f"examples/{name}/group_vars/{name}.yml")
    if name != TOGETHER:
        assert decisions["stack_app_source"] == "{{ inventory_dir }}/app"
    assert set(decisions) <= set(MODEL)
    inventory = load(f"examples/{name}/inventory.yml")["all"]["children"]
    assert list(inventory) == [name]
    assert set(inventory[name]) == {"children"}


# What says where something lies on the host, which each application has to itself.
PLACES = ("environment",)


def test_all_applications_are_deployed_together_as_each_is_alone() -> None:
    apps = load(f"examples/{TOGETHER}/group_vars/{TOGETHER}.yml")["stack_apps"]
    sources = {
        app["source"].removeprefix("{{ inventory_dir }}/../").removesuffix("/app"): app for app in apps
    }
    # The sample application, which two examples show, is there once.
    assert set(sources) | {"hello_rabbitmq"} == set(NAMES) - {TOGETHER}
    for name, app in sources.items():
        alone = load(f"examples/{name}/group_vars/{name}.yml")
        own = {key: value for key, value in app.items() if key not in ("name", "source", "workers", *PLACES)}
        for key, value in own.items():
            variable = next(one for one in (f"stack_app_{key}", f"stack_{key}") if one in alone)
            here = str(value).replace(f"/../{name}/", "/") if isinstance(value, str) else value
            assert alone[variable] == here, f"{name}: {key}"
        workers = {worker["name"]: worker["queues"] for worker in alone.get("stack_workers", app["workers"])}
        assert workers == {worker["name"]: worker["queues"] for worker in app["workers"]}, name


@each
def test_its_page_gives_commands_that_name_it(name: str) -> None:
    page = text(f"examples/{name}/README.md")
    assert "../README.md" in page and "```console" in page
    assert set(re.findall(r"examples/(\w+)/inventory\.yml", page)) <= {name}
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page)
    assert [link for link in links if not (ROOT / "examples" / name / link).exists()] == []


@each
def test_its_application_imports_nothing_of_rabbitry_s_but_the_settings(name: str) -> None:
    folder = Path("examples") / name / "app"
    found = [
        f"{path}: {word}"
        for path in files()
        if path.is_relative_to(folder) and path.suffix == ".py"
        for word in re.findall(r"^\s*(?:from|import) (rabbitry\w*|ansible\w*|tests)\b", text(path), re.M)
    ]
    assert found == []
