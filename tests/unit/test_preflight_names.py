"""The model's specification itself, misspelt variables, and role variables read by their argument specs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.rabbitry.stack.plugins.plugin_utils import model, survey
from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option, read
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec import STACK

from tests.unit.healthy import FILE, HEALTHY, faults_of

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_healthy_model_has_no_fault() -> None:
    assert faults_of({}) == []


def test_the_healthy_model_gives_every_variable_of_the_spec() -> None:
    assert set(HEALTHY) == set(STACK)


def test_the_spec_has_exactly_the_variables_of_the_inventory() -> None:
    inventory = yaml.safe_load((REPOSITORY / FILE).read_text(encoding="utf-8"))
    assert set(inventory) == set(STACK)


KNOWN, PREFIXES = survey.names({"redis": {"redis_port": Option(description="")}, "service": {}})


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        (
            "stack_queus",
            "the variable `stack_queus` is not known: did you mean `stack_queues`",
            "to `stack_queues`",
        ),
        ("stack_zzz", "the variable `stack_zzz` is not known", "remove `stack_zzz`"),
        (
            "redis_prot",
            "the variable `redis_prot` is not known: did you mean `redis_port`",
            "to `redis_port`",
        ),
        (
            "stcak_bind",
            "the variable `stcak_bind` is not known: did you mean `stack_bind`",
            "to `stack_bind`",
        ),
        (
            "stak_queues",
            "the variable `stak_queues` is not known: did you mean `stack_queues`",
            "to `stack_queues`",
        ),
        (
            "reddis_port",
            "the variable `reddis_port` is not known: did you mean `redis_port`",
            "to `redis_port`",
        ),
    ],
)
def test_a_misspelt_variable_is_refused(name: str, message: str, hint: str) -> None:
    (fault,) = model.unknown_names([name, "stack_bind"], KNOWN, PREFIXES)
    assert fault.message.startswith(message)
    assert hint in fault.hint


@pytest.mark.parametrize(
    "name", ["ansible_user", "slack_user", "service_account", "my_stack_queues", "wiring_x", "inventory_dir"]
)
def test_variables_of_others_are_left_alone(name: str) -> None:
    assert model.unknown_names([name], KNOWN, PREFIXES) == []


SPEC: dict[str, dict[str, Any]] = {
    "redis_port": {"type": "int", "description": ["where it", "listens"]},
    "redis_users": {
        "type": "list",
        "elements": "dict",
        "options": {"name": {"required": True}, "tags": {"type": "list"}},
    },
    "redis_level": {"choices": ["a", "b"]},
    "redis_limit": {"type": "str"},
    "redis_password": {"no_log": True, "choices": ["x"]},
}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("redis_port", "x", "`redis_port` is `x` and must be a whole number: where it listens"),
        ("redis_users", {}, "`redis_users` is `{}` and must be a list"),
        ("redis_users", [{"tags": []}], "`redis_users[0]` has no `name`: a text"),
        (
            "redis_users",
            [{"name": "a", "tag": []}],
            "key `tag` of `redis_users[0] (a)` is not known: did you mean `tags`",
        ),
        ("redis_level", "c", "`redis_level` is `c` and must be `a` or `b`"),
        ("redis_password", "y", "`redis_password` has a value that is not shown and must be `x`"),
    ],
)
def test_role_variables_are_read_by_their_argument_specs(name: str, value: Any, message: str) -> None:
    options = {key: Option.from_argument_spec(spec) for key, spec in SPEC.items()}
    (fault,) = model.read_roles({name: value}, {"redis": options})
    assert fault.message == message


def test_roles_take_numbers_for_texts_as_ansible_does() -> None:
    options = {key: Option.from_argument_spec(spec) for key, spec in SPEC.items()}
    good = {"redis_limit": 0.4, "redis_users": [], "redis_port": None, "redis_level": "a"}
    assert model.read_roles(good, {"redis": options}) == []


def test_a_refused_value_is_not_refused_again_where_it_was_handed_on() -> None:
    options = {key: Option.from_argument_spec(spec) for key, spec in SPEC.items()}
    assert model.read_roles({"redis_port": "x"}, {"redis": options}, refused=["x"]) == []


def test_every_example_of_the_spec_is_a_good_value() -> None:
    for name, option in STACK.items():
        if option.example:
            value, faults = read(name, yaml.safe_load(option.example), option)
            assert faults == [] and value is not None, name


def test_a_decision_that_group_vars_overrule_is_named() -> None:
    in_file = {"all": {"stack_amqp_port": 5673, "ansible_user": "deploy"}, "mine": {"stack_vhost": "mine"}}
    given = {"stack_amqp_port": 5672, "stack_vhost": "mine", "ansible_user": "deploy"}
    (fault,) = model.shadowed(in_file, given, "inventory/mine.yml")
    assert fault.message == (
        "`stack_amqp_port` in the `vars` of `all` in inventory/mine.yml has no effect: group_vars/all wins"
    )
    assert fault.hint == "$EDITOR inventory/group_vars/all.yml"


def test_a_decision_that_a_nearer_group_takes_is_no_fault() -> None:
    in_file = {"all": {"stack_amqp_port": 5673}, "mine": {"stack_amqp_port": 5674}}
    assert model.shadowed(in_file, {"stack_amqp_port": 5674}, "inventory/mine.yml") == []
