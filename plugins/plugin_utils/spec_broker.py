"""What an inventory may declare of a broker beyond the application's own queues, as options of the model."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option

TYPES = ("classic", "quorum", "stream")
APPLY = ("all", "queues", "exchanges", "classic_queues", "quorum_queues", "streams")

Options = Mapping[str, Option]


def _name(description: str, example: str) -> Option:
    return Option(description=description, form="broker name", required=True, example=example)


def _regex(description: str, required: bool = True) -> Option:
    return Option(description=description, form="regex", required=required, empty=True, example="^jobs[.]")


def _limit(description: str) -> Option:
    return Option(type="int", description=description, minimum=0, example="100")


def _mapping(description: str, options: Options | None = None) -> Option:
    return Option(type="dict", description=description, options=options)


def _list(description: str, element: str, options: Options, example: str = "") -> Option:
    inner = Option(type="dict", description=element, options=options)
    return Option(type="list", description=description, elements=inner, empty=True, example=example)


VHOST = {"vhost": Option(description="the virtual host; left out, stack_vhost", form="broker name")}
ARGUMENTS = {"arguments": _mapping("its arguments, such as x-message-ttl")}
LIFETIME = {
    "durable": Option(type="bool", description="whether it outlives a restart", example="true"),
    "auto_delete": Option(type="bool", description="whether it goes with its last user", example="false"),
}
TOPIC = {
    "exchange": _name("a topic exchange", "tasks"),
    "write": _regex("the routing keys to publish by"),
    "read": _regex("the routing keys to bind by"),
}
PERMISSION = {
    "configure": _regex("what may be declared and deleted"),
    "write": _regex("what may be published to"),
    "read": _regex("what may be consumed from"),
}
POLICY = {
    "name": _name("the name of the policy", "short"),
    "pattern": _regex("the names that it concerns"),
    "apply-to": Option(description="what it concerns", choices=APPLY, example="queues"),
    "priority": Option(type="int", description="which of several wins: the highest", example="1"),
    "definition": Option(type="dict", description="what it sets", required=True, example="{max-length: 9}"),
}

BROKER = {
    "stack_vhosts": _list(
        "further virtual hosts",
        "a virtual host",
        {
            "name": _name("its name", "reports"),
            "default_queue_type": Option(
                description="the type of queues that are declared without one",
                choices=TYPES,
                example="quorum",
            ),
            "limits": _mapping(
                "its limits",
                {
                    "max-connections": _limit("connections at once"),
                    "max-queues": _limit("queues"),
                },
            ),
        },
        "[{name: reports}]",
    ),
    "stack_users": _list(
        "further users of the broker",
        "a user",
        {
            "name": Option(description="login name", form="login", required=True, example="shop"),
            "password": Option(
                description="the password; left out, a generated one", form="password", secret=True
            ),
            "tags": Option(
                type="list",
                description="management tags",
                elements=Option(description="a tag", form="slug", example="monitoring"),
                empty=True,
                example="[monitoring]",
            ),
            "permissions": _list("what the user may do", "rights in one virtual host", VHOST | PERMISSION),
            "topic_permissions": _list("by which routing keys", "rights on one exchange", VHOST | TOPIC),
            "limits": _mapping(
                "the user's limits",
                {
                    "max-connections": _limit("connections at once"),
                    "max-channels": _limit("channels at once"),
                },
            ),
        },
        "[{name: shop}]",
    ),
    "stack_exchanges": _list(
        "further exchanges",
        "an exchange",
        VHOST
        | {
            "name": _name("its name", "events"),
            "type": Option(description="direct, fanout, topic, headers or a plugin's", example="topic"),
            "internal": Option(
                type="bool", description="whether clients may not publish to it", example="false"
            ),
        }
        | LIFETIME
        | ARGUMENTS,
        "[{name: events, type: topic}]",
    ),
    "stack_extra_queues": _list(
        "further queues, which no worker of the stack consumes",
        "a queue",
        VHOST
        | {
            "name": _name("its name", "events.disk"),
            "type": Option(description="its type", choices=TYPES, example="quorum"),
        }
        | LIFETIME
        | ARGUMENTS,
        "[{name: events.disk}]",
    ),
    "stack_bindings": _list(
        "further bindings",
        "a binding",
        VHOST
        | {
            "source": _name("the exchange that it leads from", "events"),
            "destination": _name("the queue or exchange that it leads to", "events.disk"),
            "destination_type": Option(
                description="what it leads to", choices=("queue", "exchange"), example="queue"
            ),
            "routing_key": Option(description="its key", empty=True, example='"*.error"'),
        }
        | ARGUMENTS,
        "[{source: events, destination: events.disk}]",
    ),
    "stack_policies": _list("further policies", "a policy", VHOST | POLICY),
    "stack_operator_policies": _list(
        "policies that no other policy can exceed", "an operator policy", VHOST | POLICY
    ),
    "stack_parameters": _list(
        "further parameters, such as shovels and federation upstreams",
        "a parameter",
        VHOST
        | {
            "component": _name("what it configures", "shovel"),
            "name": _name("its name", "move"),
            "value": Option(type="raw", description="what the component takes", required=True),
        },
    ),
    "stack_prune": Option(
        type="bool", description="whether what nobody declared is deleted from the broker", example="false"
    ),
}
