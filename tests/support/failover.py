"""Three hosts that carry one stack with a replicated Redis and two beats, and what is asked of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import ssh
from tests.support.hosts import Host
from tests.support.wait import wait_until

ENV = "three"
NAMES = ("store1", "store2", "store3")
APPLICATION = f"{ssh.HOME}/clock"
CLOCK = Path(__file__).parent / "failover_clock.py"
STREAM = Path(__file__).parent / "failover_stream.py"
SECONDS = "clock:seconds"
VARIABLES = f"""
stack_bind: 0.0.0.0
stack_app_source: {APPLICATION}
stack_app_module: clock
stack_queues: [default]
stack_workers: [{{name: default, queues: [default], concurrency: 2}}]
"""


@dataclass
class Three:
    """The broker and Flower are on the first host, beats on the others, Redis and workers on all."""

    site: ssh.Site
    addresses: dict[str, str] = field(default_factory=dict)
    hosts: list[Host] = field(default_factory=list)

    def prepare(self) -> None:
        """Write the inventory and the application; nothing is set up yet."""
        self.hosts = self.site.hosts
        self.addresses = {
            name: host.run("hostname -I").out.split()[0] for name, host in self.site.targets.items()
        }
        groups = {
            "brokers": NAMES[:1], "backends": NAMES, "workers": NAMES, "scheduler": NAMES[1:],
            "dashboard": NAMES[:1],
        }  # fmt: skip
        children = {group: {"hosts": dict.fromkeys(names)} for group, names in groups.items()}
        hosts = {name: {"stack_address": address} for name, address in self.addresses.items()}
        tree = {"hosts": hosts, "vars": {"ansible_user": "ops"}, "children": {ENV: {"children": children}}}
        self.site.write(f"inventory/{ENV}.yml", json.dumps({"all": tree}, indent=1))
        self.decide()
        self.site.run(["mkdir", "-p", APPLICATION])
        self.site.controller.write(f"{APPLICATION}/clock.py", CLOCK.read_text(encoding="utf-8"), mode="0644")

    def decide(self, more: str = "") -> None:
        """Write what the environment decides, with further lines."""
        self.site.write(f"inventory/group_vars/{ENV}.yml", VARIABLES + more)

    def inv(self, *words: str, seconds: float = 300, check: bool = True) -> Any:
        """Run a verb on the environment."""
        return self.site.inv(*words, "--env", ENV, seconds=seconds, check=check)

    def redis(self, *words: str, port: int = 6379, host: str = "") -> str:
        """What redis-cli says on a host; by default the first one that can be asked, at the master."""
        password = self.site.run(["cat", f".state/{ENV}/secrets/redis"]).out.strip()
        at = self.addresses[host or (self.master() if port == 6379 else NAMES[0])]
        command = ["redis-cli", "-h", at, "-p", str(port), *words]
        environment = {"REDISCLI_AUTH": password}
        return self.site.targets[NAMES[0]].run(command, env=environment).out.strip()

    def master(self) -> str:
        """The host that the sentinel of the first one calls master."""
        said = self.redis("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "stack", port=26379).splitlines()
        return next(name for name, address in self.addresses.items() if said and address == said[0])

    def whole(self) -> bool:
        """Whether both other servers follow the master."""
        return self.redis("INFO", "replication").count("state=online") == len(NAMES) - 1

    def give_away(self) -> str:
        """See to it that the master is on a host without the broker; return which one."""
        wait_until(self.whole, 60, "all replicas follow")
        if self.master() == NAMES[0]:
            self.redis("SENTINEL", "FAILOVER", "stack", port=26379)
            wait_until(lambda: self.master() != NAMES[0], 30, "another one is master")
            wait_until(self.whole, 60, "all replicas follow")
        return self.master()

    def changed(self) -> int:
        """How many tasks of the newest run changed something."""
        return self.site.changed(ENV)

    def ticks(self) -> list[tuple[float, str]]:
        """When beat sent each task of the clock, and which process did, by time."""
        lines = self.redis("LRANGE", SECONDS, "0", "-1").splitlines()
        return sorted((float(line.split()[0]), line.split()[1]) for line in lines)


@contextmanager
def stream(three: Three, name: str, pace: int, told: dict[str, Any]) -> Iterator[None]:
    """Send tasks from a host while the block runs; `told` gets what came of them."""
    host = three.site.targets[name]
    go, script = "/run/failover-go", "/run/failover-stream.py"
    host.write(script, STREAM.read_text(encoding="utf-8"))
    host.run(["touch", go])
    line = f"set -a; . /etc/rabbitry/celery.env; exec /opt/rabbitry/venv/bin/python {script} {go} {pace}"
    command: Sequence[str] = ["docker", "exec", host.name, "sh", "-c", line]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield
        finally:
            host.run(["rm", "-f", go])
            out, err = process.communicate(timeout=150)
    assert process.returncode == 0, err[-2000:]
    told |= json.loads(out.splitlines()[-1])
