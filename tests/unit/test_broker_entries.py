"""Entries of the model for a broker: completed by the wiring, refused where they name what is not there."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import broker_entries

from tests.unit.healthy import FILE, HEALTHY, faults_of

BINDING = {"source": "tasks", "destination": "math"}


def test_a_vhost_that_is_left_out_is_the_stacks() -> None:
    entries = [{"name": "a"}, {"name": "b", "vhost": "other"}]
    assert broker_entries.in_vhost(entries, "app") == [
        {"vhost": "app", "name": "a"},
        {"vhost": "other", "name": "b"},
    ]


def test_the_type_of_a_queue_becomes_the_argument_that_rabbitmq_knows() -> None:
    entries = [{"name": "a"}, {"name": "b", "type": "stream", "arguments": {"x-max-age": "1D"}}]
    assert broker_entries.typed_queues(entries, "quorum") == [
        {"name": "a", "arguments": {"x-queue-type": "quorum"}},
        {"name": "b", "arguments": {"x-queue-type": "stream", "x-max-age": "1D"}},
    ]


def test_a_user_without_a_password_gets_its_generated_one_and_no_right_unasked() -> None:
    entries = [{"name": "a/b c"}, {"name": "d", "password": "own", "permissions": [{"read": ".*"}]}]
    terms = broker_entries.password_terms(entries, "/state/secrets")
    assert terms[0] == "/state/secrets/user/a%2Fb%20c length=32 chars=ascii_letters,digits"
    first, second = broker_entries.users(entries, ["made", "unused"], "app")
    assert first == {
        "tags": [],
        "name": "a/b c",
        "password": "made",
        "permissions": [],
        "topic_permissions": [],
    }
    assert (second["password"], second["permissions"]) == ("own", [{"vhost": "app", "read": ".*"}])
    assert broker_entries.secrets([first, second]) == {"user/a/b c": "made", "user/d": "own"}


def test_a_shovel_needs_its_plugin() -> None:
    assert broker_entries.plugins([]) == ["rabbitmq_management"]
    parameters = [{"component": one} for one in ("shovel", "federation-upstream", "of somebody's plugin")]
    wanted = ["rabbitmq_management", "rabbitmq_federation", "rabbitmq_shovel"]
    assert broker_entries.plugins(parameters) == wanted


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        (
            {"stack_vhosts": [{"name": "reports"}, {"name": "app"}]},
            "the virtual host `app` is declared twice",
            "remove one `app` from stack_vhosts",
        ),
        (
            {"stack_users": [{"name": "monitor"}]},
            "the user `monitor` is declared twice",
            "remove one `monitor` from stack_users",
        ),
        (
            {"stack_exchanges": [*HEALTHY["stack_exchanges"], {"name": "tasks"}]},
            "the exchange `tasks` is declared twice",
            "remove one `tasks` from stack_exchanges",
        ),
        (
            {"stack_extra_queues": [*HEALTHY["stack_extra_queues"], {"name": "math"}]},
            "the queue `math` is declared twice",
            "remove one `math` from stack_extra_queues",
        ),
        (
            {"stack_policies": [{**HEALTHY["stack_policies"][0], "vhost": "gone"}]},
            "`stack_policies[0]` names the virtual host `gone`, which is not declared",
            f"write `stack_vhosts: [{{name: gone}}]` in {FILE}",
        ),
        (
            {
                "stack_users": [
                    {
                        "name": "x",
                        "permissions": [{"vhost": "gone", "configure": "", "write": "", "read": ""}],
                    }
                ]
            },
            "`stack_users (x)` names the virtual host `gone`, which is not declared",
            "stack_vhosts: [{name: gone}]",
        ),
        (
            {"stack_bindings": [{**BINDING, "source": "task"}]},
            "`stack_bindings[0]` names the exchange `task`, which is not declared on the virtual host `app`",
            "stack_exchanges: [{vhost: app, name: task}]",
        ),
        (
            {"stack_bindings": [{**BINDING, "destination_type": "exchange"}]},
            "`stack_bindings[0]` names the exchange `math`, which is not declared",
            "stack_exchanges: [{vhost: app, name: math}]",
        ),
        (
            {"stack_bindings": [{**BINDING, "vhost": "reports", "source": "events"}]},
            "`stack_bindings[0]` names the queue `math`, which is not declared on the virtual host `reports`",
            "stack_extra_queues: [{vhost: reports, name: math}]",
        ),
        (
            {
                "stack_users": [
                    {"name": "x", "topic_permissions": [{"exchange": "e", "write": "", "read": ""}]}
                ]
            },
            "`stack_users (x)` names the exchange `e`, which is not declared on the virtual host `app`",
            "stack_exchanges: [{vhost: app, name: e}]",
        ),
        (
            {"stack_policies": [{"name": "p", "pattern": "(", "definition": {}}]},
            "`stack_policies[0].pattern` is `(` and must be a regular expression",
            "pattern:",
        ),
        (
            {"stack_policies": [{"name": "p", "pattern": "", "apply_to": "queues", "definition": {}}]},
            "key `apply_to` of `stack_policies[0] (p)` is not known: did you mean `apply-to`",
            "rename `apply_to` to `apply-to`",
        ),
        (
            {"stack_vhosts": [{"name": "reports", "limits": {"max-queue": 1}}]},
            "key `max-queue` of `stack_vhosts[0].limits` is not known: did you mean `max-queues`",
            "rename",
        ),
        (
            {"stack_users": [{"name": "x", "limits": {"max-channels": -2}}]},
            "`stack_users[0].limits.max-channels` is `-2` and must be at least 0",
            "max-channels: 100",
        ),
        (
            {"stack_extra_queues": [{"vhost": "reports", "name": "disk", "type": "lazy"}]},
            "`stack_extra_queues[0].type` is `lazy` and must be `classic` or `quorum` or `stream`",
            "type: quorum",
        ),
    ],
)
def test_a_wrong_entry_is_refused_alone(changes: dict[str, Any], message: str, hint: str) -> None:
    bare = {"stack_bindings": [], "stack_users": []} if "stack_extra_queues" in changes else {}
    (fault,) = faults_of(bare | changes)
    assert message in fault.message
    assert hint in fault.hint


def test_a_password_is_not_shown() -> None:
    (fault,) = faults_of({"stack_users": [{"name": "x", "password": "pass\nword"}]})
    assert "pass" not in fault.message.replace("password", "")
    assert "`stack_users[0].password` has a value that is not shown" in fault.message


@pytest.mark.parametrize("name", ["stack_exchanges", "stack_queues", "stack_vhosts"])
def test_what_was_refused_brings_no_faults_of_its_own(name: str) -> None:
    faults = faults_of({name: "all"})
    assert [fault.message for fault in faults if f"`{name}`" not in fault.message] == []
