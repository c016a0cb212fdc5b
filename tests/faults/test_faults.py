"""A cluster under a steady stream of tasks while one thing after another breaks: no confirmed one is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rabbitry.environment import ROOT
from tests.faults.cases import CASES
from tests.faults.cluster import BOOK, QUEUE, STREAM, Cluster
from tests.faults.page import page
from tests.support.ssh import CLONE, Site, site
from tests.support.wait import wait_until

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]

ENV, NODES, CLIENT = "faults", ("node1", "node2", "node3"), "client"
UP = 600
MANY = 20_000
REPORT = ROOT / ".state" / "faults" / "report.html"
GROUPS = {
    "brokers": NODES,
    "backends": NODES,
    "workers": NODES,
    "scheduler": NODES[:2],
    "dashboard": (CLIENT,),
}
DECISIONS = {
    "stack_app_source": f"{CLONE}/tests/faults/app",
    "stack_app_module": "ledger",
    "stack_app_environment": {"LEDGER_BOOK": BOOK},
    "stack_queues": [QUEUE],
    "stack_workers": [{"name": "default", "queues": [QUEUE], "concurrency": 2}],
    "stack_longest_task": 60,
    "stack_bind": "0.0.0.0",
    "ansible_user": "ops",
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three hosts that are up, and a client that sends all the time; at the end the page is written."""
    with site("trixie", [*NODES, CLIENT], label="faults") as built:
        children = {group: {"hosts": dict.fromkeys(hosts)} for group, hosts in GROUPS.items()}
        built.write(f"inventory/{ENV}.yml", json.dumps({"all": {"children": {ENV: {"children": children}}}}))
        found = Cluster(built, ENV, NODES, CLIENT)
        found.decide(**DECISIONS)
        for host in built.targets.values():
            # The accounts exist only now.
            host.run("install -d -o celery -g celery -m 0750 /srv/ledger")
        with stream(built):
            yield found
        if found.faults:
            write(found)


@contextmanager
def stream(built: Site) -> Iterator[None]:
    """Send tasks from the client, as its application's account, until the end."""
    host = built.targets[CLIENT]
    host.write("/srv/stream.py", (Path(__file__).parent / "stream.py").read_text(encoding="utf-8"))
    properties = {
        "StandardOutput": f"truncate:{STREAM}",
        "EnvironmentFile": "/etc/rabbitry/celery.env",
        "WorkingDirectory": "/opt/rabbitry/current",
    }
    options = [f"--property={name}={value}" for name, value in properties.items()]
    command = ["/opt/rabbitry/venv/bin/python", "/srv/stream.py"]
    host.run(["systemd-run", "--unit=stream", "--uid=celery", "--collect", *options, *command])
    try:
        yield
        # One that ended by itself said nothing of what came later.
        host.run(["systemctl", "is-active", "stream"])
    finally:
        host.run(["systemctl", "stop", "stream"], check=False)


def write(cluster: Cluster) -> None:
    """Write the result page, and say where it is."""
    REPORT.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    where = "Debian 13, three hosts that carry everything, in containers on one machine"
    REPORT.write_text(page(cluster.books(), cluster.faults, f"{where}; {time.strftime('%d %B %Y')}"))
    print(f"the faults of this run: {REPORT}")


@pytest.mark.parametrize("name", CASES)
def test_what_was_confirmed_ends(cluster: Cluster, name: str) -> None:
    with cluster.fault(name):
        CASES[name](cluster)


def test_nothing_is_lost_and_nothing_has_its_effect_twice(cluster: Cluster) -> None:
    wait_until(lambda: len(cluster.books().confirmed) >= MANY, 900, f"{MANY} tasks were confirmed", every=5)
    until = time.time()
    wait_until(lambda: not cluster.lost_before(until), 120, "everything has ended", every=2)
    ledger = cluster.books()
    assert ledger.lost() == [] or all(ledger.confirmed[name] > until for name in ledger.lost())
    assert ledger.twice_in_effect() == []


def test_beat_sends_nothing_twice(cluster: Cluster) -> None:
    ledger = cluster.books()
    assert len(ledger.ticks) > 20
    assert ledger.double_ticks() == []
