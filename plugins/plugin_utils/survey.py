"""Joins model, inventory and the probe's answer: what to check, what to ask of a host, why it is stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils import digest, model
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
from ansible_collections.rabbitry.stack.plugins.plugin_utils.vendor import refuse
from ansible_collections.rabbitry.stack.plugins.plugin_utils.workers import check_workers

Values = Mapping[str, Any]
# Where the controller has its own files, and the way from one password to the next: no host becomes another.
UNDECIDING = {"stack_state_dir", "redis_former_password"}
VENDOR = "stack_rabbitmq"
SERVERS = {"brokers": "rabbitmq", "backends": "redis"}
# Too common as the beginning of other people's variables; the role `service` gets its own from other roles.
SHARED_PREFIXES = {"service_"}


@dataclass(frozen=True, kw_only=True)
class Survey:
    """One host: its inventory's path (for hints) and groups {name: hosts}, and the workers of other hosts."""

    host: str
    groups: Mapping[str, list[str]]
    workers_elsewhere: list[Mapping[str, Any]] = field(default_factory=list)
    inventory: str = "INVENTORY"

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
    beat, flower = enabled(stack, "stack_beat_enabled"), enabled(stack, "stack_flower_enabled")
    faults = model.check_groups(survey.groups, beat, flower, survey.inventory)
    faults += check_reach(str(stack.get("stack_bind") or ""), survey.host, survey.groups)
    faults += model.check_accounts(stack) + check_broker(stack)
    faults += model.check_environment(stack.get("stack_app_environment") or {})
    faults += model.check_ports(
        {port.variable or port.purpose: port.number for port in ports(stack, {}, survey)}
    )
    if stack.get("stack_workers") is not None and stack.get("stack_queues") is not None:
        elsewhere = {
            str(queue) for worker in survey.workers_elsewhere for queue in worker.get("queues") or []
        }
        workers, queues = stack["stack_workers"], stack["stack_queues"]
        faults += check_workers(workers, queues, stack.get("stack_longest_task"), elsewhere)
    if vendors(stack) and "brokers" in survey.own_groups:
        url, version, erlang = (
            str(stack.get(f"{VENDOR}_vendor_{name}") or "") for name in ("url", "version", "erlang_version")
        )
        # A version that was refused already is not given.
        fault = refuse("", url, version, erlang, VENDOR) if version and erlang else None
        faults += [fault] if fault else []
    celery_set, queue_type = stack.get("stack_celery_set"), stack.get("stack_queue_type")
    if celery_set and queue_type and "brokers" not in survey.own_groups:
        # Where the broker runs, its version is judged as well.
        fault = incompatibility(celery_set, queue_type, "")
        faults += [fault] if fault else []
    return faults


def vendors(stack: Values) -> bool:
    """Whether RabbitMQ comes from its vendor."""
    return stack.get("stack_rabbitmq_source") == "vendor"


def enabled(stack: Values, name: str) -> bool:
    """Whether a part runs; one whose switch was not given, or was refused, is checked as if it did."""
    return stack.get(name) is not False


def ports(stack: Values, role_values: Values, survey: Survey) -> list[WantedPort]:
    """The ports that this host's part of the stack will listen on."""
    bind = str(stack.get("stack_bind") or "0.0.0.0")
    wanted = []
    for variable, group, purpose in PORTS:
        number = stack.get(variable, role_values.get(variable))
        if variable == "rabbitmq_distribution_port" and number is None:
            number = DISTRIBUTION_PORT
        unused = variable == "stack_flower_port" and not enabled(stack, "stack_flower_enabled")
        if group in survey.own_groups and number is not None and not unused:
            wanted.append(WantedPort(number=int(number), bind=bind, purpose=purpose, variable=variable))
    if "brokers" in survey.own_groups:
        shared = ("epmd", "systemd")
        wanted.append(
            WantedPort(number=EPMD_PORT, bind=bind, purpose="Erlang's port mapper", shared_with=shared)
        )
    return wanted


def probe_arguments(stack: Values, survey: Survey) -> dict[str, Any]:
    """What the module `probe` is asked on this host."""
    arguments: dict[str, Any] = {
        "servers": [server for group, server in SERVERS.items() if group in survey.own_groups],
        "disks": [str(stack["stack_home"])] if stack.get("stack_home") else [],
    }
    if "brokers" in survey.own_groups and stack.get("stack_admin_user") and stack.get("stack_admin_password"):
        arguments |= {"username": stack["stack_admin_user"], "password": stack["stack_admin_password"]}
    if "backends" in survey.own_groups and stack.get("stack_redis_password"):
        arguments["redis_password"] = stack["stack_redis_password"]
    return arguments


def wanted(stack: Values, role_values: Values, survey: Survey) -> Wanted:
    """What the host is judged against."""
    workers = stack.get("stack_workers") or []
    counted = [processes(worker) for worker in workers]
    limit = stack.get("stack_disk_free_limit")
    return Wanted(
        host=survey.host,
        env=str(stack.get("stack_env") or ""),
        groups=survey.own_groups,
        ports=tuple(ports(stack, role_values, survey)),
        home=str(stack.get("stack_home") or ""),
        celery_set=str(stack.get("stack_celery_set") or ""),
        queue_type=str(stack.get("stack_queue_type") or ""),
        vendor_version=str(stack.get("stack_rabbitmq_vendor_version") or "") if vendors(stack) else "",
        disk_limit=size(limit) if limit is not None else 0,
        processes=sum(counted) if all(counted) else 0,
    )


def processes(worker: Values) -> int:
    """Child processes of one worker, 0 when the number of processors decides; only prefork has them."""
    if worker.get("pool", "prefork") != "prefork":
        return 1
    if worker.get("autoscale"):
        return int(str(worker["autoscale"]).split(",")[0])
    return int(worker.get("concurrency") or 0)


def deciding(values: Values) -> dict[str, Any]:
    """The values of the model, or of the roles, that decide what a host becomes."""
    return {name: value for name, value in values.items() if name not in UNDECIDING}


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
