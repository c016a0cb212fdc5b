"""What the collectors of evidence are asked about: the stack, its passwords, and which host this is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.rabbitry.stack.plugins.module_utils import ledger

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# What a module that is asked about a host takes, as an Ansible argument spec.
ARGUMENTS = {
    "stack": {"type": "dict", "required": True},
    "secrets": {"type": "dict", "required": True, "no_log": True},
    "host": {"type": "str", "required": True},
}


@dataclass(frozen=True)
class Question:
    """`stack` is the document stack.json, `secrets` the passwords by the names that it refers to.

    `told` is what Docker says of a stack in containers, which no supervisor of this host could: {"services":
    {name: state as of a supervisor}, "versions", "logs": {name: lines}, "processes", "ledgers": directory};
    empty on hosts.
    """

    stack: Mapping[str, Any]
    secrets: Mapping[str, str]
    host: str
    ledgers: Path = ledger.ROOT
    told: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, module: AnsibleModule) -> Question:
        """What a module with ARGUMENTS was asked; ends the module when the model does not know its host."""
        asked = module.params
        if asked["host"] not in [each["name"] for each in asked["stack"]["hosts"]]:
            module.fail_json(msg=f"host `{asked['host']}` is not in the model", hint="./inv describe")
        return cls(asked["stack"], asked["secrets"], asked["host"])

    @cached_property
    def here(self) -> Mapping[str, Any]:
        """This host in the stack."""
        return next(each for each in self.stack["hosts"] if each["name"] == self.host)

    @cached_property
    def services(self) -> list[str]:
        """Names of the services of this host, in start order."""
        return [service["name"] for service in self.here["services"]]

    def runs(self, service: str) -> bool:
        """Whether the service belongs on this host, be it running or not."""
        return service in self.services

    @property
    def app(self) -> Mapping[str, Any]:
        """The first application; of a question out of `each`, the only one."""
        found: Mapping[str, Any] = self.stack["apps"][0]
        return found

    def each(self) -> Iterator[Question]:
        """The question once for each application, with that one and its services on this host alone."""
        for app in self.stack["apps"]:
            parts = [*app["workers"], app["beat"], app["flower"]]
            own = {part["service"] for part in parts if part}
            here = {**self.here, "services": [one for one in self.here["services"] if one["name"] in own]}
            yield replace(self, stack={**self.stack, "apps": [app], "hosts": [here]})

    @property
    def redis(self) -> Mapping[str, Any]:
        """Where the Redis of this host listens, or the one that the stack uses."""
        nodes = (self.stack.get("replication") or {}).get("nodes", ())
        found: Mapping[str, Any] = self.stack["endpoints"]["redis"]
        return next((node for node in nodes if node["on"] == self.host), found)

    def login(self, role: str) -> tuple[str, str]:
        """User name and password of an account: admin, monitor, redis, flower; `app` is the application's."""
        account = self.app["account"] if role == "app" else self.stack["accounts"][role]
        return str(account["username"]), self.secrets[account["secret"]]
