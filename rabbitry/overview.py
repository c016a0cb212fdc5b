"""What `status` knows: the model beside the hosts' pulses, what differs, and the answer for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rabbitry.errors import Fault
from rabbitry.model import App, Host, Stack, Worker

BROKER, BACKEND = "rabbitmq-server", "redis-server"


@dataclass(frozen=True)
class Overview:
    """A stack and what its hosts have said; `pulses` lacks hosts that could not be asked.

    `option` is what a pasted command needs to mean this environment.
    """

    stack: Stack
    pulses: Mapping[str, Mapping[str, Any]]
    option: str = ""

    @property
    def broker(self) -> Mapping[str, Any]:
        """RabbitMQ's numbers; {"fault": sentence} when it is silent, empty when nobody could ask it."""
        return self._part("broker")

    @property
    def backend(self) -> Mapping[str, Any]:
        """Redis' numbers, like those of the broker."""
        return self._part("backend")

    @property
    def flowers(self) -> Mapping[str, Mapping[str, Any]]:
        """The health of each Flower by its service, like the broker's numbers."""
        return {name: one for pulse in self.pulses.values() for name, one in pulse["flower"].items()}

    def _part(self, name: str) -> Mapping[str, Any]:
        return next((pulse[name] for pulse in self.pulses.values() if pulse.get(name)), {})

    def service(self, host: str, name: str) -> Mapping[str, Any]:
        """How a service is; empty when its host could not be asked."""
        found: Mapping[str, Any] = self.pulses.get(host, {}).get("services", {}).get(name, {})
        return found

    def version(self, host: Host, name: str) -> str:
        """The version of the program behind a service, as it runs or is installed; "" when unknown."""
        if name in (BROKER, BACKEND):
            part, kind = (self.broker, "rabbitmq") if name == BROKER else (self.backend, "redis")
            found = part.get("versions", {}).get(kind)
        elif app := self.stack.of(name):
            kind = "flower" if app.flower and name == app.flower.service else "celery"
            known = self.pulses.get(host.name, {}).get("versions", {}).get(app.name, {})
            found = known.get(kind) or (app.celery if kind == "celery" else "")
        else:
            found = self.broker.get("versions", {}).get("erlang")
        return str(found or "")

    def of(self, app: App) -> Overview:
        """What is known of one application: the queues and consumers of its virtual host."""
        broker = dict(self.broker)
        for kind in ("queues", "consumers"):
            if kind in broker:
                broker[kind] = [one for one in broker[kind] if one["vhost"] == app.vhost]
        if "delayed" in broker:
            broker["delayed"] = broker["delayed"].get(app.vhost, 0)
        pulses = {
            name: {**pulse, "broker": broker if pulse.get("broker") else None}
            for name, pulse in self.pulses.items()
        }
        return replace(self, stack=replace(self.stack, apps=(app,)), pulses=pulses)

    def consumes(self, worker: Worker) -> list[str]:
        """The declared queues that a worker of the only application consumes from, by its own connections.

        Where connections cannot be seen (no /proc), a queue with as many consumers as declared counts.
        """
        state = self.service(worker.host, worker.service)
        mine = set(state.get("from", []))
        if mine:
            served = {each["queue"] for each in self.broker.get("consumers", []) if each["peer"] in mine}
            return [queue for queue in worker.queues if queue in served]
        counts = {each["name"]: each["consumers"] for each in self.broker.get("queues", [])}
        declared = {
            queue: sum(queue in other.queues for other in self.stack.app.workers) for queue in worker.queues
        }
        return [
            queue
            for queue in worker.queues
            if state.get("running") and counts.get(queue, 0) >= declared[queue]
        ]

    def faults(self) -> list[Fault]:
        """Everything that is not as declared, each with a command that helps; services first."""
        consuming = (fault for app in self.stack.apps for fault in self.of(app)._consumer_faults())
        return [*self._service_faults(), *self._server_faults(), *consuming]

    def _service_faults(self) -> Iterator[Fault]:
        for host in self.stack.hosts:
            if host.name not in self.pulses:
                yield Fault(f"host {host.name} could not be asked", f"./inv up{self.option}")
                continue
            for service in host.services:
                state = self.service(host.name, service.name)
                if not state.get("running") or state.get("state") == "unhealthy":
                    why = f": {state['reason']}" if state.get("reason") else ""
                    text = f"{service.name} is {state.get('state', 'missing')} on {host.name}{why}"
                    yield self._fault(text, service.name)

    def _server_faults(self) -> Iterator[Fault]:
        for name, part in ((BROKER, self.broker), (BACKEND, self.backend), *self.flowers.items()):
            if "fault" in part:
                yield self._fault(str(part["fault"]), name)
        for alarm in self.broker.get("alarms", []):
            yield self._fault(f"{BROKER} raises its {alarm} alarm: publishers are blocked", BROKER)
        if self.backend.get("persistence", {}).get("rdb_last_bgsave_status", "ok") != "ok":
            yield self._fault(f"{BACKEND} could not save its data", BACKEND)
        for name, flower in self.flowers.items():
            if flower.get("healthy") is False:
                yield self._fault(f"{name} says that it is not healthy", name)

    def _consumer_faults(self) -> Iterator[Fault]:
        if "queues" not in self.broker:
            return
        there = {queue["name"] for queue in self.broker["queues"]}
        for queue in self.stack.app.queues:
            if queue not in there:
                yield Fault(f"{BROKER} has no queue {queue}", f"./inv up{self.option}")
        for worker in self.stack.app.workers:
            lacking = [queue for queue in worker.queues if queue not in self.consumes(worker)]
            if lacking and self.service(worker.host, worker.service).get("running"):
                text = f"{worker.service} does not consume from queue {', '.join(lacking)}"
                yield self._fault(text, worker.service)

    def _fault(self, message: str, service: str) -> Fault:
        return Fault(message, f"./inv logs {service}{self.option}")

    def document(self) -> dict[str, Any]:
        """The answer for machines; times are seconds since 1970, sizes bytes."""
        found = self.faults()
        return {
            "schema": 1,
            "env": self.stack.env,
            "healthy": not found,
            "faults": [{"message": fault.message, "hint": fault.hint} for fault in found],
            "services": [
                {
                    "host": host.name,
                    "name": service.name,
                    "description": service.description,
                    "version": self.version(host, service.name),
                    **self.service(host.name, service.name),
                }
                for host in self.stack.hosts
                for service in host.services
            ],
            "workers": [
                {
                    "app": app.name,
                    "service": each.service,
                    "host": each.host,
                    "queues": each.queues,
                    "consumes": self.of(app).consumes(each),
                }
                for app in self.stack.apps
                for each in app.workers
            ],
            "releases": {name: pulse.get("releases", {}) for name, pulse in self.pulses.items()},
            "broker": self.broker,
            "backend": self.backend,
            "flower": self.flowers,
        }
