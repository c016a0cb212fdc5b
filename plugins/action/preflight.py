"""Action `preflight`: checks model and host before anything is changed, and says if the host is stale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.plugin_utils import (
    deploying,
    digest,
    model,
    preflight_app,
    survey,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.app_decisions import sources
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps_check import applications
from ansible_collections.rabbitry.stack.plugins.plugin_utils.departed import departed
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault, refusal
from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import judge
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_broker import hop, newer

COLLECTION = Path(__file__).resolve().parents[2]
FLAG = {"type": "bool", "default": False}
CODE = ("roles", "plugins", "playbooks")

Vars = dict[str, Any]


class ActionModule(ActionBase):
    """`env` (default `stack_env`), `full` (the host counts as stale whatever is found), `deploys` (only that
    application's source may be another than the one that the host was sealed with), `rebuilds` (the broker
    need not open the data that it has).

    Fails with all faults of the model and of the host as `faults`; otherwise returns `stale`, `why`,
    `digest`, `notes` and the host's facts as `ansible_facts.rabbitry`.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: Vars | None = None) -> Vars:
        """Check, probe, judge; AnsibleActionFail for wrong arguments, a connection's errors are Ansible's."""
        result: Vars = super().run(tmp, task_vars)
        given = dict(task_vars or {})
        _, arguments = self.validate_argument_spec(
            argument_spec={"env": {}, "deploys": {"default": ""}} | dict.fromkeys(("full", "rebuilds"), FLAG)
        )
        roles = role_options(COLLECTION / "roles")
        values, faults = self.resolve([name for name in given if name.startswith(model.PREFIX)], given)
        facts = survey.Survey(
            host=str(given["inventory_hostname"]),
            groups={name: [str(host) for host in hosts] for name, hosts in given["groups"].items()},
            workers_elsewhere=self.workers_elsewhere(given),
            inventory=str(given.get("inventory_file") or "INVENTORY"),
            rebuilds=bool(arguments["rebuilds"]),
        )
        faults += model.unknown_names(given, *survey.names(roles))
        faults += model.shadowed(self.given_in_file(given), given, facts.inventory)
        stack, refused = model.read_model(values)
        faults += [fault for found in refused.values() for fault in found] + survey.check(stack, facts)
        if arguments["env"]:
            stack["stack_env"] = arguments["env"]
        apps = applications(stack)
        checksums = []
        for app in apps:
            sums, more = sources(app, stack, self._loader.path_dwim, COLLECTION, C.DEFAULT_LOCAL_TMP)
            checksums.append(sums)
            faults += more

        answer = self._execute_module(
            module_name="rabbitry.stack.probe",
            module_args=survey.probe_arguments(stack, facts, str(given.get("celery_app_user", "celery"))),
            task_vars=given,
        )
        if answer.get("failed"):
            found = [
                Fault(str(answer.get("msg", "the probe failed")), str(answer.get("hint", "./inv up -v")))
            ]
            return {**answer, **result, **refusal(faults + found)}
        seen = answer["facts"]
        # The wiring may use what the probe found; what is resolved already is not resolved once more.
        found_there = {**given.get("ansible_facts", {}), **survey.host_facts(seen, {})}
        known = {**given, **values, "ansible_facts": found_there}
        role_names = [name for options in roles.values() for name in options if name in given]
        each, more = self.resolve_each(role_names, known)
        # What the wiring makes of a refused value is no fault of its own.
        faults += [] if faults else more
        for role_values in each:
            faults += model.read_roles(role_values, roles, [values[name] for name in refused])
        faults = list(dict.fromkeys(faults))
        wanted = survey.wanted(stack, each[0], facts)
        more, notes = judge(seen, wanted)
        faults += more
        for app in apps:
            known_there = seen["applications"].get(app["label"], {})
            faults += preflight_app.judge_application(known_there, app, facts.own_groups, facts.host)
        now = digest.compose(
            {
                "variables": [survey.deciding(stack), *map(survey.deciding, each)],
                "code": [checksum(part) for part in CODE],
                **deploying.parts(apps, checksums, each),
                "system": [seen["os"], seen["supervisor"]],
                "inventory": survey.places(facts),
            }
        )
        if arguments["deploys"]:
            faults += deploying.judge(seen, facts.host, now, arguments["deploys"], apps)
        if faults:
            return {**result, **refusal(faults), "notes": notes}
        if arguments["deploys"]:
            now = deploying.deployed(seen, now, arguments["deploys"])
        why = survey.reasons(seen, now, bool(arguments["full"]))
        drifting = sorted({str(entry["owner"]) for entry in seen["drift"]})
        gone = departed(seen["ours"], apps, facts.own_groups)
        verdict = {"stale": bool(why), "why": why, "digest": now, "drifting": drifting, "departed": gone}
        verdict["undeclared"] = seen["undeclared"]
        verdict |= {"newer": newer(seen, wanted.vendor_version), "hop": hop(seen, wanted.vendor_version)}
        return {
            **result,
            **verdict,
            "changed": False,
            "notes": [*notes, *({"message": one, "hint": "./inv deploy"} for one in seen["standing"])],
            "warnings": notes,
            "ansible_facts": survey.host_facts(seen, verdict),
        }

    def resolve(self, names: list[str], variables: Vars) -> tuple[Vars, list[Fault]]:
        """Each variable's value; one whose expression fails is a fault of its own."""
        templar = self._templar.copy_with_new_env(available_variables=variables)
        values: Vars = {}
        faults = []
        for name in names:
            try:
                values[name] = templar.template(variables[name])
            except AnsibleError as error:
                reason = str(error).splitlines()[0]
                inventory = variables.get("inventory_file", "INVENTORY")
                hint = f"ansible-inventory -i {inventory} --host {variables['inventory_hostname']}"
                faults.append(Fault(f"`{name}` cannot be resolved: {reason}", hint))
        return values, faults

    def resolve_each(self, names: list[str], variables: Vars) -> tuple[list[Vars], list[Fault]]:
        """The roles' variables as the playbooks give them for each application in its turn."""
        found, faults = self.resolve(["wiring_apps"] if "wiring_apps" in variables else [], variables)
        each = []
        for app in found.get("wiring_apps") or [None]:
            turn = {**variables, **found, "wiring_app": app} if app else variables
            values, more = self.resolve(names, turn)
            each.append(values)
            faults += more
        return each, faults

    @staticmethod
    def given_in_file(given: Vars) -> dict[str, Vars]:
        """The variables that the inventory file itself gives to the host's groups, unresolved."""
        inventory = getattr(given["hostvars"], "_inventory", None)
        host = inventory.get_host(given["inventory_hostname"]) if inventory else None
        return {group.name: dict(group.vars) for group in host.get_groups()} if host else {}

    def workers_elsewhere(self, given: Vars) -> dict[str, list[Any]]:
        """The workers that other hosts declare, by application: they may consume what this one does not."""
        hosts = [host for host in given["groups"].get("workers", []) if host != given["inventory_hostname"]]
        found: dict[str, list[Any]] = {}
        for host in hosts:
            try:
                for label, workers in given["hostvars"][host]["wiring_workers"].items():
                    found.setdefault(label, []).extend(workers or [])
            except (AnsibleError, KeyError):
                # That host's own preflight names the fault.
                continue
        return found


def role_options(roles: Path) -> dict[str, dict[str, Option]]:
    """The variables of every role by its argument specification: {role: {variable: option}}."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = {}
    for path in sorted(roles.glob("*/meta/argument_specs.yml")):
        document = yaml.load(path.read_text(encoding="utf-8"), loader)
        options = document["argument_specs"]["main"].get("options", {})
        found[path.parts[-3]] = {name: Option.from_argument_spec(spec) for name, spec in options.items()}
    return found


def checksum(part: str) -> str:
    """Over everything below one folder of the collection."""
    return bundle.digest(bundle.read(COLLECTION / part)) if (COLLECTION / part).is_dir() else ""
