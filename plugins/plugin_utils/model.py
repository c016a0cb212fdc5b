"""Checks of the model as a whole, beyond single values: names, ports, groups, accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import variable_of
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import MODEL, Option, read, unknown
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec import GROUPS, STACK

PREFIX = "stack_"
ACCOUNTS = ("stack_admin_user", "stack_monitor_user")
# What begins like this is decided by the inventory; the rest are purposes, as of Erlang's port mapper.
OURS = (PREFIX, "rabbitmq_")
UNWRITABLE = re.compile(r"[\s'\"]")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Values = Mapping[str, Any]
Groups = Mapping[str, list[str]]


def read_model(values: Values) -> tuple[dict[str, Any], dict[str, list[Fault]]]:
    """The known `stack_*` variables that are given, converted, and the faults by variable."""
    found: dict[str, Any] = {}
    refused: dict[str, list[Fault]] = {}
    for name, option in STACK.items():
        if name in values:
            found[name], faults = read(name, values[name], option)
            if faults:
                refused[name] = faults
    return found, refused


def read_roles(
    values: Values, roles: Mapping[str, Mapping[str, Option]], refused: Sequence[Any] = ()
) -> list[Fault]:
    """Faults of the role variables that the inventory gives; `roles` is {role: {variable: option}}.

    A value of the model that was `refused` already is not refused again where it was handed on.
    """
    return [
        fault
        for options in roles.values()
        for name, option in options.items()
        if values.get(name) is not None and values[name] not in refused
        for fault in read(name, values[name], option)[1]
    ]


def shadowed(in_file: Mapping[str, Values], given: Values, inventory: str) -> list[Fault]:
    """Decisions in `vars` of an inventory file's groups that have no effect: group_vars/all silently wins.

    `in_file` has the variables of each group of the host, as the file gives them.
    """
    by_name: dict[str, list[str]] = {}
    for group, values in in_file.items():
        for name in values:
            by_name.setdefault(name, []).append(group)
    return [
        Fault(
            f"`{name}` in the `vars` of `{groups[0]}` in {inventory} has no effect: group_vars/all wins",
            f"$EDITOR {Path(inventory).parent}/group_vars/{groups[0]}.yml",
        )
        for name, groups in sorted(by_name.items())
        if name.startswith(PREFIX) and all(in_file[group][name] != given.get(name) for group in groups)
    ]


def unknown_names(names: Iterable[str], known: Iterable[str], prefixes: Iterable[str]) -> list[Fault]:
    """Variables that nothing reads: under one of our prefixes, or a known name with a slip in its prefix."""
    known, prefixes = set(known), tuple(prefixes)
    tails = {
        prefix: {name.removeprefix(prefix) for name in known if name.startswith(prefix)}
        for prefix in prefixes
    }
    faults = []
    for name in sorted(set(names) - known):
        if name.startswith(prefixes):
            faults.append(unknown(f"the variable `{name}`", name, known))
            continue
        for prefix, endings in tails.items():
            slip = next(
                (end for end in endings if name.endswith("_" + end) and near(name.removesuffix(end), prefix)),
                "",
            )
            if slip:
                faults.append(unknown(f"the variable `{name}`", name, [prefix + slip]))
                break
    return faults


def near(one: str, other: str) -> bool:
    """Whether two prefixes differ by a letter left out, doubled or swapped with its neighbour.

    A letter replaced by another is not counted: `slack_user` is somebody's own variable.
    """
    if sorted(one) == sorted(other):
        return one != other and sum(a != b for a, b in zip(one, other, strict=True)) == 2
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    if len(longer) - len(shorter) != 1:
        return False
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))


def check_ports(ports: Mapping[str, int]) -> list[Fault]:
    """Ports of one host that are used twice; `ports` is {variable or purpose: number}."""
    users: dict[int, list[str]] = {}
    for name, number in ports.items():
        users.setdefault(number, []).append(name)
    return [
        Fault(
            f"port {number} is used twice: by " + " and ".join(f"`{name}`" for name in names),
            f"give `{[name for name in names if name.startswith(OURS)][-1]}` another port in {MODEL}",
        )
        for number, names in sorted(users.items())
        if len(names) > 1
    ]


def check_groups(groups: Groups, beat: bool, flower: bool, inventory: str = "INVENTORY") -> list[Fault]:
    """Groups that need a host and have none, and groups with more hosts than may run their part."""
    needed = {"brokers": True, "backends": True, "workers": True, "scheduler": beat, "dashboard": flower}
    faults = []
    for group, purpose in GROUPS.items():
        hosts = groups.get(group, [])
        if needed[group] and not hosts:
            faults.append(
                Fault(
                    f"the group `{group}`, which {purpose}, has no host",
                    f"ansible-inventory -i {inventory} --graph",
                )
            )
        if len(hosts) == 2 and group == "backends":
            message = (
                f"the group `backends` has 2 hosts ({', '.join(hosts)}): when one is gone, "
                "one sentinel is no majority and nobody takes over"
            )
            faults.append(Fault(message, "put one host or at least three in the group `backends`"))
    return faults


def check_sentinel(groups: Groups, password: str) -> list[Fault]:
    """A password of Redis that Sentinel would write into its file and cannot read again from there."""
    if len(groups.get("backends", [])) < 2 or not UNWRITABLE.search(password):
        return []
    message = "`stack_redis_password` has a blank or a quote, which Sentinel cannot write down"
    return [Fault(message, "give it another one, or put one host in the group `backends`")]


def check_accounts(values: Values, found: Sequence[Values]) -> list[Fault]:
    """Accounts of the broker that share a name, or take the name of the account that is removed.

    `found` are the applications, each of which has one.
    """
    faults = []
    known = {variable_of(app, "user"): app["user"] for app in found if app.get("user")}
    known |= {variable: values[variable] for variable in ACCOUNTS if values.get(variable)}
    for name in dict.fromkeys(known.values()):
        variables = [variable for variable, value in known.items() if value == name]
        if len(variables) > 1:
            listed = " and ".join(f"`{variable}`" for variable in variables)
            message = f"{listed} are one account, `{name}`: each needs its own rights"
            faults.append(Fault(message, f"give `{variables[-1]}` another name"))
        if name == "guest":
            faults.append(
                Fault(
                    f"`{variables[0]}` is `guest`, the account that is removed",
                    f"give `{variables[0]}` another name",
                )
            )
    return faults
