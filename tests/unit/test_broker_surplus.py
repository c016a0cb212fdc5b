"""What nobody declared: what counts as that, in which order it goes, what must stay, how it is shown."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import definitions
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_document import document
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_plan import plan
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_pruning import (
    CONNECTIONS,
    CONSUMERS,
    TOTALS,
    Pruning,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_surplus import surplus, undeclared

ALL = {"configure": ".*", "write": ".*", "read": ".*"}
ADMIN = {
    "name": "admin",
    "password": "x",
    "tags": ["administrator"],
    "permissions": [{"vhost": "app", **ALL}],
}
SHOP = {
    "name": "shop",
    "password": "y",
    "topic_permissions": [{"vhost": "app", "exchange": "tasks", "write": "^a", "read": "^a"}],
}
DECLARED: dict[str, Any] = {
    "vhosts": [{"name": "app"}],
    "users": [ADMIN, SHOP],
    "exchanges": [{"vhost": "app", "name": "tasks", "type": "topic"}],
    "queues": [{"vhost": "app", "name": "jobs"}],
    "bindings": [{"vhost": "app", "source": "tasks", "destination": "jobs", "routing_key": "jobs"}],
}
POLICY = {"pattern": "^x", "definition": {"max-length": 1}}
# Made by hand, beside what is declared.
MORE: dict[str, Any] = {
    "vhosts": [{"name": "app"}, {"name": "old"}],
    "users": [{"name": "eve", "password": "z", "permissions": [{"vhost": "app", **ALL}]}, SHOP],
    "exchanges": [{"vhost": "app", "name": "logs"}, {"vhost": "old", "name": "x"}],
    "queues": [{"vhost": "app", "name": "a b"}, {"vhost": "old", "name": "q"}],
    "bindings": [
        {
            "vhost": "app",
            "source": "tasks",
            "destination": "jobs",
            "routing_key": "more",
            "arguments": {"a": 1},
        },
        {"vhost": "app", "source": "logs", "destination": "jobs", "routing_key": "k"},
    ],
    "policies": [{"vhost": "app", "name": "p", **POLICY}],
    "operator_policies": [{"vhost": "app", "name": "o", **POLICY}],
    "parameters": [{"vhost": "app", "component": "shovel", "name": "s", "value": {"u": "amqp://a:hidden@h"}}],
}
ORDER = [
    "operator policy `o` on vhost `app`",
    "shovel `s` on vhost `app`",
    "policy `p` on vhost `app`",
    "binding `tasks` -> `jobs` by `more` on vhost `app`",
    "queue `a b` on vhost `app`",
    "exchange `logs` on vhost `app`",
    "user `eve`",
    "vhost `old`",
]


@pytest.fixture
def exported() -> dict[str, Any]:
    """What a broker with all of that answers, and with what a client made for itself."""
    answer: dict[str, Any] = copy.deepcopy(document(DECLARED))
    for kind, entries in document(MORE).items():
        answer[kind] += [entry for entry in entries if entry not in answer[kind]]
    answer["exchanges"].append({"vhost": "app", "name": "celery.pidbox", "type": "fanout", "durable": False})
    answer["bindings"].append({"vhost": "app", "source": "celery.pidbox", "destination": "jobs"})
    answer["users"].append({"name": "guest", "password_hash": "", "tags": []})
    return answer


class Api:
    """Stands in for a broker: gives prepared answers, keeps what is asked of it."""

    username = "admin"

    def __init__(self, **answers: list[dict[str, Any]]) -> None:
        self.answers: dict[str, list[dict[str, Any]]] = {CONNECTIONS: [], CONSUMERS: [], TOTALS: []}
        self.answers |= {
            {"connections": CONNECTIONS, "consumers": CONSUMERS, "totals": TOTALS}[k]: v
            for k, v in answers.items()
        }
        self.did: list[Any] = []

    def get(self, path: str) -> list[dict[str, Any]]:
        if path.startswith("/api/bindings/"):
            keys = [{"routing_key": "more", "arguments": {"a": 1}, "properties_key": "more~1"}]
            return [*keys, {"routing_key": "more", "arguments": {}, "properties_key": "more"}]
        return self.answers[path]

    def delete(self, path: str) -> None:
        self.did.append(path)

    def load(self, parts: dict[str, Any]) -> None:
        self.did.append(parts)


def pruning(api: Api, exported: dict[str, Any]) -> Pruning:
    return Pruning(api, surplus(DECLARED, exported), exported)  # type: ignore[arg-type]


def test_what_refers_to_others_goes_first_and_what_goes_along_is_not_named(exported: dict[str, Any]) -> None:
    assert undeclared(definitions.names(DECLARED), exported) == ORDER


def test_each_is_deleted_by_its_own_address(exported: dict[str, Any]) -> None:
    api = Api()
    found = pruning(
        api, {**exported, "permissions": [*exported["permissions"], {"user": "admin", "vhost": "old", **ALL}]}
    )
    found.carry_out(document(DECLARED))
    assert found.kept == []
    assert api.did == [
        "/api/operator-policies/app/o",
        "/api/parameters/shovel/app/s",
        "/api/policies/app/p",
        "/api/bindings/app/e/tasks/q/jobs/more~1",
        "/api/queues/app/a%20b?if-empty=true&if-unused=true",
        "/api/exchanges/app/logs?if-unused=true",
        "/api/users/eve",
        "/api/vhosts/old",
    ]


def test_a_topic_permission_takes_the_others_of_its_user_along_and_they_are_given_again(
    exported: dict[str, Any],
) -> None:
    exported["topic_permissions"].append(
        {"vhost": "app", "user": "shop", "exchange": "logs", "write": "", "read": ""}
    )
    api = Api()
    pruning(api, exported).carry_out(document(DECLARED))
    place = api.did.index("/api/topic-permissions/app/shop")
    (again,) = api.did[place + 1]["topic_permissions"]
    assert (again["user"], again["exchange"]) == ("shop", "tasks")


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        (
            {"totals": [{"vhost": "app", "name": "a b", "messages": 2}]},
            ["queue `a b` on vhost `app`, which has 2 messages"],
        ),
        (
            {"totals": [{"vhost": "app", "name": "a b"}]},
            ["queue `a b` on vhost `app`, which is down, so that its messages cannot be counted"],
        ),
        (
            {
                "totals": [{"vhost": "app", "name": "a b", "messages": 0}],
                "consumers": [{"queue": {"vhost": "app", "name": "a b"}}],
            },
            ["queue `a b` on vhost `app`, which has a consumer"],
        ),
        (
            {"totals": [{"vhost": "old", "name": "q", "messages": 1}]},
            ["vhost `old`, which has the queue `q`, which has 1 message"],
        ),
        ({"connections": [{"vhost": "old"}]}, ["vhost `old`, which has clients"]),
    ],
)
def test_what_holds_messages_or_is_in_use_is_kept(
    exported: dict[str, Any], answers: dict[str, Any], kept: list[str]
) -> None:
    exported["permissions"].append({"user": "admin", "vhost": "old", **ALL})
    found = pruning(Api(**answers), exported)
    assert found.kept == kept
    assert not {str(change) for change in found.changes} & {one.partition(",")[0] for one in kept}


def test_nothing_goes_where_the_administrator_cannot_look(exported: dict[str, Any]) -> None:
    exported["permissions"] = []
    found = pruning(Api(), exported)
    assert [str(change) for change in found.changes] == ["user `eve`"]
    assert found.kept[-1] == "vhost `old`, which user `admin` has no permissions to look into"


def test_limits_are_a_part_of_the_vhost(exported: dict[str, Any]) -> None:
    limits = {"vhost": "app", "component": "vhost-limits", "name": "limits", "value": {"max-queues": 1}}
    exported["parameters"].append(limits)
    assert undeclared(definitions.names(DECLARED), exported) == ORDER
    removed = [one for one in definitions.compare(DECLARED, exported) if one.kind == "parameters"]
    assert [(str(one), one.after) for one in removed] == [("limits of vhost `app`", None)]
    limits["value"] = {}
    assert not [one for one in definitions.compare(DECLARED, exported) if one.kind == "parameters"]


def test_the_plan_has_everything_once_and_no_secret(exported: dict[str, Any]) -> None:
    exported["queues"][0]["durable"] = False
    exported["users"][1] |= {"tags": ["monitoring"], "password_hash": ""}
    exported["permissions"] = []
    changes, spare = definitions.compare(DECLARED, exported), surplus(DECLARED, exported)
    found = plan(
        changes, spare[:2], ["queue `z`, which has 1 message"], ["user `eve`"], ("http://h", "admin", "4.0.5")
    )
    assert [(one["action"], one["what"]) for one in found] == [
        ("refuse", "queue `jobs` on vhost `app`"),
        ("change", "user `shop`"),
        ("add", "permissions of user `admin` on vhost `app`"),
        ("remove", "user `guest`"),
        ("remove", "operator policy `o` on vhost `app`"),
        ("remove", "shovel `s` on vhost `app`"),
        ("keep", "queue `z`, which has 1 message"),
        ("leave", "user `eve`"),
    ]
    assert found[0]["message"].startswith("queue `jobs` on vhost `app` exists with `durable` `False`")
    assert found[0]["hint"] == "rabbitmqctl -p app delete_queue jobs --if-empty"
    assert found[1]["before"] == {"tags": ["monitoring"], "password": "another"}
    assert found[1]["after"] == {"tags": [], "password": "as declared"}
    assert found[5]["before"] == {"value": {"u": "amqp://a:***@h"}}
