"""Joins model, inventory and the probe's answer: what to check, what to ask of a host, why it is stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils import (
    deploying,
    digest,
    model,
    preflight_app,
    together,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import variable_of
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps_check import (
    applications,
    check_apps,
    pairs,
    processes,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.broker_check import check_broker
from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import incompatibility
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.form import size
from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option
from ansible_collections.rabbitry.stack.plugins.plugin_utils.ports import WantedPort
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import Wanted
from ansible_collections.rabbitry.stack.plugins.plugin_utils.reach import check_reach
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec import (
    DISTRIBUTION_PORT,
    EPMD_PORT,
    GROUPS,
    PORTS,
    STACK,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.vendor import refuse, vendors

Values = Mapping[str, Any]
VENDOR = "stack_rabbitmq"
SERVERS = {"brokers": "rabbitmq", "backends": "redis"}
# Too common as the beginning of other people's variables; the role `service` gets its own from other roles.
SHARED_PREFIXES = {"service_"}


@dataclass(frozen=True, kw_only=True)
class Survey:
    """One host: its inventory's path (for hints), groups {name: hosts}, addresses {host: its own}, and the
    workers of other hosts.

    Those are by the label of their application.
    """

    host: str
    groups: Mapping[str, list[str]]
    workers_elsewhere: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    inventory: str = "INVENTORY"
    addresses: Mapping[str, str] = field(default_factory=dict)
    rebuilds: bool = False

    @property
    def own_groups(self) -> tuple[str, ...]:
        """The stack's groups that the host is in."""
        return tuple(group for group in GROUPS if self.host in self.groups.get(group, []))


def names(roles: Mapping[str, Mapping[str, Option]]) -> tuple[set[str], set[str]]:
    """Every variable that something reads, and the prefixes that are ours alone."""
    known = set(STACK) | {name for options in roles.values() for name in options}
    return known, {model.PREFIX} | ({f"{role}_" for role in roles} - SHARED_PREFIXES)


def check(stack: Values, survey: Survey) -> list[Fault]:
    """Faults between the model's values; a value that was refused already is left out."""
    found = applications(stack)
    beat, flower = (any(app.get(part) is not False for app in found) for part in ("beat", "flower"))
    faults = model.check_groups(survey.groups, beat, flower, survey.inventory)
    faults += check_reach(str(stack.get("stack_bind") or ""), survey.host, survey.groups)
    faults += model.check_sentinel(survey.groups, str(stack.get("stack_redis_password") or ""))
    faults += model.check_accounts(stack, found) + check_broker(stack, found)
    faults += check_apps(found, survey.workers_elsewhere)
    faults += model.check_ports(
        {port.variable or port.purpose: port.number for port in ports(stack, {}, survey)}
    )
    if vendors(stack) and "brokers" in survey.own_groups:
        url, version, erlang = (
            str(stack.get(f"{VENDOR}_vendor_{name}") or "") for name in ("url", "version", "erlang_version")
        )
        # A version that was refused already is not given.
        fault = refuse("", url, version, erlang, VENDOR) if version and erlang else None
        faults += [fault] if fault else []
    if "brokers" not in survey.own_groups:
        # Where the broker runs, its version is judged as well.
        faults += [fault for pair in pairs(found) if (fault := incompatibility(*pair, ""))]
    return faults


def ports(stack: Values, role_values: Values, survey: Survey) -> list[WantedPort]:
    """The ports that this host's part of the stack will listen on."""
    bind = str(stack.get("stack_bind") or "0.0.0.0")
    wanted = []
    for variable, group, purpose in PORTS:
        number = stack.get(variable, role_values.get(variable))
        if variable == "rabbitmq_distribution_port" and number is None:
            number = DISTRIBUTION_PORT
        alone = purpose == "Sentinel" and len(survey.groups.get(group, [])) < 2
        if group in survey.own_groups and number is not None and not alone:
            wanted.append(WantedPort(number=int(number), bind=bind, purpose=purpose, variable=variable))
    if "dashboard" in survey.own_groups:
        wanted += [
            WantedPort(
                number=int(app["flower_port"]),
                bind=bind,
                purpose=f"Flower of {app['name']}" if app["name"] else "Flower",
                variable=variable_of(app, "flower_port"),
            )
            # One whose switch was not given, or was refused, is checked as if it ran.
            for app in applications(stack)
            if app.get("flower") is not False and app.get("flower_port") is not None
        ]
    if "brokers" in survey.own_groups:
        shared = ("epmd", "systemd")
        wanted.append(
            WantedPort(number=EPMD_PORT, bind=bind, purpose="Erlang's port mapper", shared_with=shared)
        )
    return wanted


def probe_arguments(stack: Values, survey: Survey, user: str = "celery") -> dict[str, Any]:
    """What the module `probe` is asked on this host; `user` is the account of the only application."""
    arguments: dict[str, Any] = {
        "servers": [server for group, server in SERVERS.items() if group in survey.own_groups],
        "disks": [str(stack["stack_home"])] if stack.get("stack_home") else [],
        "peers": together.peers(survey.host, survey.groups, survey.addresses, stack),
        "applications": preflight_app.asked(applications(stack), survey.own_groups, user),
    }
    if "brokers" in survey.own_groups and stack.get("stack_admin_user") and stack.get("stack_admin_password"):
        arguments |= {"username": stack["stack_admin_user"], "password": stack["stack_admin_password"]}
    if "backends" in survey.own_groups and stack.get("stack_redis_password"):
        arguments["redis_password"] = stack["stack_redis_password"]
    return arguments


def wanted(stack: Values, role_values: Values, survey: Survey) -> Wanted:
    """What the host is judged against."""
    found = applications(stack)
    counted = [processes(worker) for app in found for worker in app.get("workers") or []]
    limit = stack.get("stack_disk_free_limit")
    return Wanted(
        host=survey.host,
        env=str(stack.get("stack_env") or ""),
        groups=survey.own_groups,
        ports=tuple(ports(stack, role_values, survey)),
        home=str(stack.get("stack_home") or ""),
        apps=len(found),
        celery=pairs(found),
        vendor_version=str(stack.get("stack_rabbitmq_vendor_version") or "") if vendors(stack) else "",
        rebuilds=survey.rebuilds,
        disk_limit=size(limit) if limit is not None else 0,
        processes=sum(counted) if all(counted) else 0,
        nodes=int(stack.get("stack_broker_nodes") or 1),
        cookie=""
        if role_values.get("rabbitmq_replace_cookie")
        else str(stack.get("stack_erlang_cookie") or ""),
    )


def deciding(values: Values) -> dict[str, Any]:
    """The values of the model, or of the roles, that decide what a host becomes."""
    return deploying.without_sources(
        {name: one for name, one in values.items() if name not in digest.UNDECIDING}
    )


def places(survey: Survey) -> dict[str, Any]:
    """Who runs what: the host and the stack's groups."""
    return {"host": survey.host, "groups": {group: survey.groups.get(group, []) for group in GROUPS}}


def reasons(seen: Values, now: str, full: bool) -> list[str]:
    """Why the roles must run on the host, a sentence each; empty when it is as the last run left it."""
    why = ["a full run was asked for"] if full else []
    why += (
        digest.differences(seen["seal"]["digest"], now)
        if seen["seal"]
        else ["no completed run is recorded there"]
    )
    return why + [str(entry["why"]) for entry in seen["drift"]]
