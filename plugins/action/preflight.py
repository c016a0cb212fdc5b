"""Action `preflight`: checks model and host before anything is changed, and says if the host is stale."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import yaml
from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.plugin_utils import (
    cluster,
    deploying,
    digest,
    model,
    preflight_app,
    survey,
    together,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.app_decisions import sources
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps_check import applications
from ansible_collections.rabbitry.stack.plugins.plugin_utils.collection import (
    COLLECTION,
    checksum,
    role_options,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.departed import departed
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault, refusal
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import judge
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_broker import hop, newer
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_compose import judge_contained
from ansible_collections.rabbitry.stack.plugins.plugin_utils.resolving import Resolver
from ansible_collections.rabbitry.stack.plugins.plugin_utils.system_facts import host_facts

FLAG = {"type": "bool", "default": False}
CODE = ("roles", "plugins", "playbooks")

load = partial(yaml.load, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))

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
            argument_spec={
                **{name: {"default": ""} for name in ("env", "deploys", "only")},
                **dict.fromkeys(("full", "rebuilds"), FLAG),
            }
        )
        roles = role_options(COLLECTION / "roles", load)
        variables = Resolver(given, self.templates, AnsibleError)
        values, faults = variables.values([name for name in given if name.startswith(model.PREFIX)], given)
        facts = survey.Survey(
            host=str(given["inventory_hostname"]),
            groups={name: [str(host) for host in hosts] for name, hosts in given["groups"].items()},
            workers_elsewhere=variables.workers_elsewhere(),
            inventory=str(given.get("inventory_file") or "INVENTORY"),
            addresses=variables.of_hosts("stack_address", given["groups"]["all"]),
            rebuilds=bool(arguments["rebuilds"]),
        )
        taken, more = cluster.taken(arguments["only"], given["groups"]["all"], facts.inventory)
        faults += more
        faults += model.unknown_names(given, *survey.names(roles))
        faults += model.shadowed(variables.in_file(), given, facts.inventory)
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

        contained = stack.get("stack_runs_on") == "compose"
        asked = survey.probe_arguments(stack, facts, str(given.get("celery_app_user", "celery")))
        answer = self.probe(asked, given)
        if answer.get("failed"):
            found = Fault(str(answer.get("msg", "the probe failed")), str(answer.get("hint", "./inv up -v")))
            return {**answer, **result, **refusal([*faults, found])}
        seen = answer["facts"]
        engine = self.engine(given) if contained else None
        # The wiring may use what the probe found; what is resolved already is not resolved once more.
        found_there = {**given.get("ansible_facts", {}), **host_facts(seen, {}, engine)}
        known = {**given, **values, "ansible_facts": found_there}
        role_names = [name for options in roles.values() for name in options if name in given]
        each, more = variables.each(role_names, known)
        # What the wiring makes of a refused value is no fault of its own.
        faults += [] if faults else more
        for role_values in each:
            faults += model.read_roles(role_values, roles, [values[name] for name in refused])
        faults = list(dict.fromkeys(faults))
        wanted = survey.wanted(stack, each[0], facts)
        project = variables.values(["wiring_project"], known)[0].get("wiring_project", "")
        place = (project, given["groups"]["all"], str(given.get("ansible_connection", "ssh")), apps)
        more, notes = judge_contained(seen, engine, wanted, *place) if engine else judge(seen, wanted)
        faults += more + together.judge_peers(seen["peers"], facts.host)
        notes += together.judge_brokers(facts.groups.get("brokers", []), facts.host)
        for app in apps:
            known_there = {} if engine else seen["applications"].get(app["label"], {})
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
        why = survey.reasons(seen, now, bool(arguments["full"])) if facts.host in taken else []
        drifting = sorted({str(entry["owner"]) for entry in seen["drift"]})
        gone = departed(seen["ours"], apps, facts.own_groups)
        verdict = {"stale": bool(why), "why": why, "digest": now, "drifting": drifting, "departed": gone}
        verdict["undeclared"] = seen["undeclared"]
        verdict["member"] = cluster.runs(seen["listeners"], facts.host, facts.groups.get("brokers", []))
        verdict |= {"newer": newer(seen, wanted.vendor_version), "hop": hop(seen, wanted.vendor_version)}
        return {
            **result,
            **verdict,
            "changed": False,
            "notes": [*notes, *({"message": one, "hint": "./inv deploy"} for one in seen["standing"])],
            "warnings": notes,
            "ansible_facts": host_facts(seen, verdict, engine),
        }

    def probe(self, arguments: Vars, given: Vars) -> Vars:
        """The answer of the module `probe`; `ahead` is its clock against ours, as far as one can tell."""
        began = time.time()
        answer: Vars = self._execute_module(
            module_name="rabbitry.stack.probe", module_args=arguments, task_vars=given
        )
        if not answer.get("failed"):
            seen = answer["facts"]
            seen["ahead"] = [seen["time"] - time.time(), seen["time"] - began]
        return answer

    def engine(self, given: Vars) -> Vars:
        """What Docker on this machine can do."""
        answer = self._execute_module(module_name="rabbitry.stack.engine", module_args={}, task_vars=given)
        return dict(answer["engine"])

    def templates(self, variables: Vars) -> Callable[[Any], Any]:
        """What resolves a value by these variables."""
        template: Callable[[Any], Any] = self._templar.copy_with_new_env(
            available_variables=variables
        ).template
        return template
