"""The stack's decisions and the roles' variables meet in one file, and that file decides nothing."""

from __future__ import annotations

import re

import yaml
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec import STACK

from tests.support.repository import files, load, options, roles, text

WIRING = "inventory/group_vars/all/wiring.yml"
MODEL = "inventory/group_vars/all/stack.yml"
TEMPLATES = "rabbitry/templates/app/inventory"


def test_wiring_holds_expressions_only() -> None:
    assert [name for name, value in load(WIRING).items() if "{{" not in str(value)] == []


def test_the_model_holds_only_decisions() -> None:
    assert [name for name in load(MODEL) if not name.startswith("stack_")] == []


def test_wiring_gives_only_variables_that_roles_have() -> None:
    known = {name for role in roles() for name in options(role)}
    assert [name for name in load(WIRING) if name not in known and not name.startswith("wiring_")] == []


def test_every_decision_is_read_by_someone() -> None:
    readers = [path for path in files() if path.parts[0] in ("inventory", "playbooks", "plugins")]
    words = {word for path in readers for word in re.findall(r"\bstack_\w+(?!\w*:)", text(path))}
    uses = {
        name: sum(len(re.findall(rf"\b{name}\b", text(path))) for path in readers) for name in load(MODEL)
    }
    assert words and [name for name, count in uses.items() if count < 2] == []


def test_a_new_environment_is_this_machine_as_the_local_one_is() -> None:
    new, local = load(f"{TEMPLATES}/NAME.yml"), load("inventory/local.yml")
    assert new["all"]["children"]["NAME"] == local["all"]["children"]["local"]


def test_what_a_new_environment_calls_a_default_is_one() -> None:
    given = load(f"{TEMPLATES}/group_vars/NAME.yml")
    shown = {k: v for k, v in _uncommented(f"{TEMPLATES}/group_vars/NAME.yml").items() if k not in given}
    assert shown and sorted({*given, *shown} - STACK.keys()) == []
    model = load(MODEL)
    assert shown == {name: model.get(name) for name in shown}


def test_a_new_environment_explains_each_decision_in_one_line() -> None:
    blocks = text(f"{TEMPLATES}/group_vars/NAME.yml").rstrip().split("\n\n")[1:]
    starts = [
        [line.startswith(("# stack_", "stack_")) for line in block.splitlines()[:2]] for block in blocks
    ]
    assert starts == [[False, True]] * len(blocks)


def _uncommented(path: str) -> dict[str, object]:
    """The document as it is when the decisions in its comments are taken at their word."""
    decisions = re.sub(r"^# (?=stack_|  )", "", text(path), flags=re.M)
    found: dict[str, object] = yaml.safe_load(decisions)
    return found


def test_playbooks_name_no_variable_of_a_role() -> None:
    # Order is a playbook's own business, so it may say that a role need not wait.
    known = {name for role in roles() for name in options(role) if not name.endswith("_wait")}
    playbooks = [path for path in files() if path.parts[0] == "playbooks"]
    assert [f"{path}: {name}" for path in playbooks for name in sorted(known & _words(text(path)))] == []


def _words(body: str) -> set[str]:
    return set(re.findall(r"\w+", body))
