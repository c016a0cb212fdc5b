"""What is done to a cluster, one thing after another."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from tests.faults.cluster import Cluster
from tests.support.docker import docker
from tests.support.hosts import Host
from tests.support.service import HostService
from tests.support.wait import wait_until

# Seconds for which a host is away, and an alarm is on.
AWAY, RAISED = 30, 10


def kill_broker(number: int) -> Callable[[Cluster], None]:
    return lambda cluster: cluster.kill(cluster.nodes[number - 1], "beam.smp")


def kill_worker(cluster: Cluster) -> None:
    """Kill a worker and its processes, all of which are in the middle of something."""
    cluster.host(cluster.nodes[2]).run("pkill -KILL -u celery -f 'celery -A ledger worker'")


def kill_beat(cluster: Cluster) -> None:
    host = cluster.host(cluster.active_beat())
    host.run(["kill", "-KILL", str(HostService(host, "stack-beat").pid())])


def stop_and_start(cluster: Cluster) -> None:
    """A whole host loses its power, the one that leads, and comes back."""
    host = cluster.host(cluster.leader())
    docker("kill", host.name)
    pause(AWAY, "the host was away")
    docker("start", host.name)
    host.wait_booted()


def cut_off(cluster: Cluster) -> None:
    """Nothing comes or goes on the network of the host that leads, without a word to anybody."""
    host = cluster.host(cluster.leader())
    rules = [(chain, side) for chain, side in (("INPUT", "-i"), ("OUTPUT", "-o"))]
    for chain, side in rules:
        in_network(host, "iptables", "-I", chain, "!", side, "lo", "-j", "DROP")
    pause(AWAY, "the host was cut off")
    for chain, side in rules:
        in_network(host, "iptables", "-D", chain, "!", side, "lo", "-j", "DROP")


def alarm(on: str, off: str) -> Callable[[Cluster], None]:
    """An alarm of one broker, which stops whoever publishes anywhere, by `rabbitmqctl` with each."""

    def strike(cluster: Cluster) -> None:
        host = cluster.host(cluster.nodes[0])
        host.run(f"rabbitmqctl {on}")
        pause(RAISED, "the alarm was on")
        host.run(f"rabbitmqctl {off}")

    return strike


def configure(cluster: Cluster) -> None:
    """Another setting of the brokers, which restarts them one after the other."""
    cluster.decide(stack_disk_free_limit="250MB")


def rotate(cluster: Cluster) -> None:
    """Another password of the application's account at the broker."""
    cluster.decide(stack_app_password="another-one-for-the-broker")


def reboot_all(cluster: Cluster) -> None:
    """All hosts lose their power at once, and come back."""
    names = [cluster.host(name).name for name in cluster.nodes]
    docker("kill", *names)
    docker("start", *names)
    for name in cluster.nodes:
        cluster.host(name).wait_booted()


def pause(seconds: float, what: str) -> None:
    """Let a fault last: what is waited for is that the time is over."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end, seconds + 5, what)


def in_network(host: Host, *command: str) -> None:
    """Run a command of this machine in the network of a test host, which may not change it itself."""
    pid = docker("inspect", "--format", "{{.State.Pid}}", host.name).out.strip()
    subprocess.run(["nsenter", f"--target={pid}", "--net", *command], check=True, timeout=30)


CASES: dict[str, Callable[[Cluster], None]] = {
    "kill -9 of the broker that leads the queue": lambda cluster: cluster.kill(cluster.leader(), "beam.smp"),
    **{f"kill -9 of broker {number}": kill_broker(number) for number in (1, 2, 3)},
    "kill -9 of the Redis master": lambda cluster: cluster.kill(cluster.redis_master(), "redis-server"),
    "kill -9 of a worker": kill_worker,
    "kill -9 of the active beat": kill_beat,
    "the leader's host loses its power": stop_and_start,
    "the leader's host is cut off from the network": cut_off,
    "memory alarm": alarm("set_vm_memory_high_watermark absolute 1MB", "set_vm_memory_high_watermark 0.4"),
    "disk alarm": alarm("set_disk_free_limit 100000GB", "set_disk_free_limit 200MB"),
    "a changed setting rolls through the brokers": configure,
    "a rotated password": rotate,
    "all hosts lose their power at once": reboot_all,
}
