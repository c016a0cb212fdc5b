"""Checks of what an inventory declares for a broker: what an entry names must be declared, and once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import apps_topology
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import MODEL

Values = Mapping[str, Any]
Place = tuple[str, str]

LISTS = ("exchanges", "extra_queues", "bindings", "policies", "operator_policies", "parameters")
ACCOUNTS = ("stack_admin_user", "stack_monitor_user")


def check_broker(stack: Values, found: Sequence[Values]) -> list[Fault]:
    """Faults between the entries; a list that was refused already is not given. `found`: the applications."""
    own = [str(app["vhost"]) for app in found if app.get("vhost")]
    if not own:
        return []
    vhosts = [*dict.fromkeys(own), *(str(one.get("name")) for one in _entries(stack, "vhosts"))]
    accounts = [app.get("user") for app in found] + [stack.get(name) for name in ACCOUNTS]
    users = [*dict.fromkeys(str(one) for one in accounts if one)]
    users += [str(one.get("name")) for one in _entries(stack, "users")]
    faults = [_twice("virtual host", name, "stack_vhosts") for name in _repeated(vhosts)]
    faults += [_twice("user", name, "stack_users") for name in _repeated(users)]
    if stack.get("stack_vhosts") is not None:
        faults += [fault for label, one in _placed(stack) for fault in _known_vhost(label, one, vhosts)]
    return faults + _check_objects(stack, found, own[0])


def _check_objects(stack: Values, found: Sequence[Values], home: str) -> list[Fault]:
    """What is declared twice, and bindings and rights on what is not declared at all."""
    application = _application(found)
    if application is None or any(
        stack.get(f"stack_{name}") is None for name in ("exchanges", "extra_queues")
    ):
        return []
    exchanges = [_place(one, home) for one in [*application["exchanges"], *_entries(stack, "exchanges")]]
    queues = [_place(one, home) for one in [*application["queues"], *_entries(stack, "extra_queues")]]
    faults = [_twice("exchange", name, "stack_exchanges") for _, name in _repeated(exchanges)]
    faults += [_twice("queue", name, "stack_extra_queues") for _, name in _repeated(queues)]
    for number, one in enumerate(_entries(stack, "bindings")):
        label, vhost = f"stack_bindings[{number}]", one.get("vhost", home)
        to = exchanges if one.get("destination_type") == "exchange" else queues
        kind = one.get("destination_type", "queue")
        faults += _declared(label, "exchange", (vhost, one.get("source")), exchanges)
        faults += _declared(label, kind, (vhost, one.get("destination")), to)
    for user in _entries(stack, "users"):
        for right in user.get("topic_permissions") or []:
            place = (right.get("vhost", home), right.get("exchange"))
            faults += _declared(f"stack_users ({user.get('name')})", "exchange", place, exchanges)
    return faults


def _application(found: Sequence[Values]) -> dict[str, list[dict[str, Any]]] | None:
    """What the applications themselves declare; None while their own values are refused."""
    for app in found:
        queues = app.get("queues") or []
        if not all([queues, *queues, *(app.get(key) for key in ("vhost", "exchange", "queue_type"))]):
            return None
    try:
        return apps_topology(found)
    except ValueError:
        return None


def _entries(stack: Values, name: str) -> list[Values]:
    return list(stack.get(f"stack_{name}") or [])


def _placed(stack: Values) -> Iterable[tuple[str, Values]]:
    """Every entry that names a virtual host, with its name for a message."""
    for name in LISTS:
        for number, one in enumerate(_entries(stack, name)):
            yield f"stack_{name}[{number}]", one
    for user in _entries(stack, "users"):
        for right in [*(user.get("permissions") or []), *(user.get("topic_permissions") or [])]:
            yield f"stack_users ({user.get('name')})", right


def _known_vhost(label: str, entry: Values, vhosts: list[str]) -> list[Fault]:
    vhost = entry.get("vhost")
    if vhost is None or vhost in vhosts:
        return []
    return [
        Fault(
            f"`{label}` names the virtual host `{vhost}`, which is not declared",
            f"write `stack_vhosts: [{{name: {vhost}}}]` in {MODEL}",
        )
    ]


def _declared(label: str, kind: str, place: tuple[Any, Any], known: list[Place]) -> list[Fault]:
    vhost, name = place
    # The broker's own are always there.
    if name is None or place in known or str(name).startswith("amq."):
        return []
    variable = "stack_exchanges" if kind == "exchange" else "stack_extra_queues"
    return [
        Fault(
            f"`{label}` names the {kind} `{name}`, which is not declared on the virtual host `{vhost}`",
            f"write `{variable}: [{{vhost: {vhost}, name: {name}}}]` in {MODEL}",
        )
    ]


def _place(entry: Values, home: str) -> Place:
    return str(entry.get("vhost", home)), str(entry.get("name"))


def _repeated(names: Iterable[Any]) -> list[Any]:
    return [name for name, count in Counter(names).items() if count > 1]


def _twice(thing: str, name: str, variable: str) -> Fault:
    return Fault(f"the {thing} `{name}` is declared twice", f"remove one `{name}` from {variable}")
