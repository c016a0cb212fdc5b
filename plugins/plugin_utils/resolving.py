"""A host's variables as an inventory gives them, resolved; Ansible's templating is handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

Vars = dict[str, Any]


@dataclass(frozen=True)
class Resolver:
    """`given` are the host's variables, unresolved, with Ansible's own.

    `templates` gives for variables what resolves a value by them; it raises `failure`.
    """

    given: Vars
    templates: Callable[[Vars], Callable[[Any], Any]]
    failure: type[Exception]

    def values(self, names: list[str], variables: Vars) -> tuple[Vars, list[Fault]]:
        """Each variable's value; one whose expression fails is a fault of its own."""
        template = self.templates(variables)
        values: Vars = {}
        faults = []
        for name in names:
            try:
                values[name] = template(variables[name])
            except self.failure as error:
                reason = str(error).splitlines()[0]
                inventory = variables.get("inventory_file", "INVENTORY")
                hint = f"ansible-inventory -i {inventory} --host {variables['inventory_hostname']}"
                faults.append(Fault(f"`{name}` cannot be resolved: {reason}", hint))
        return values, faults

    def each(self, names: list[str], variables: Vars) -> tuple[list[Vars], list[Fault]]:
        """The roles' variables as the playbooks give them for each application in its turn."""
        found, faults = self.values(["wiring_apps"] if "wiring_apps" in variables else [], variables)
        each = []
        for app in found.get("wiring_apps") or [None]:
            turn = {**variables, **found, "wiring_app": app} if app else variables
            values, more = self.values(names, turn)
            each.append(values)
            faults += more
        return each, faults

    def in_file(self) -> dict[str, Vars]:
        """The variables that the inventory file itself gives to the host's groups, unresolved."""
        inventory = getattr(self.given["hostvars"], "_inventory", None)
        host = inventory.get_host(self.given["inventory_hostname"]) if inventory else None
        return {group.name: dict(group.vars) for group in host.get_groups()} if host else {}

    def workers_elsewhere(self) -> dict[str, list[Any]]:
        """The workers that other hosts declare, by application: they may consume what this one does not."""
        here = self.given["inventory_hostname"]
        hosts = [host for host in self.given["groups"].get("workers", []) if host != here]
        found: dict[str, list[Any]] = {}
        for of_host in self.of_hosts("wiring_workers", hosts).values():
            for label, workers in of_host.items():
                found.setdefault(label, []).extend(workers or [])
        return found

    def of_hosts(self, name: str, hosts: list[str]) -> Mapping[str, Any]:
        """A variable by host; one that cannot be resolved is left out: that host's own preflight says why."""
        found = {}
        for host in hosts:
            with suppress(self.failure, KeyError):
                found[host] = self.given["hostvars"][host][name]
        return found
