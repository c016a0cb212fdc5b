"""What a machine must have to carry the stack in containers: Docker, compose v2, free ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import variable_of
from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import numbers
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.ports import WantedPort, held, overlap
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import Wanted
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_app import existing

# compose.yaml has `include`.
COMPOSE = (2, 20)
# The mirror that the machine has already, as apt says it.
MIRROR = "$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' | sed -n 1p)"
SOURCE = r"Types: deb\nURIs: %s\nSuites: {suite}\nComponents: main\n"
KEY = r"Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
PIN = r"Package: *\nPin: release n={suite}\nPin-Priority: 100\n"
LATER = (
    "printf '{source}' \"{mirror}\" | sudo tee /etc/apt/sources.list.d/{suite}.sources && "
    "printf '{pin}' | sudo tee /etc/apt/preferences.d/{suite} && sudo apt-get update && "
    "sudo apt-get install -t {suite} --no-install-recommends docker-compose"
)
OTHERS = "https://docs.docker.com/compose/install"

# What of an application containers have otherwise than hosts, and the way out.
UNCONTAINED = {
    "source": ("a stack in containers builds an image of its source", "give `{name}` a path: {where}"),
    "venv": ("a stack in containers builds the environment into the image", "leave `{name}` empty"),
    "python": (
        "the image has the Python of Debian 13",
        "leave `{name}` empty, or run it without containers: ./inv up --on hosts",
    ),
}

Facts = Mapping[str, Any]


def judge_contained(
    seen: Facts,
    engine: Facts,
    wanted: Wanted,
    project: str,
    hosts: Iterable[str],
    connection: str,
    apps: Iterable[Facts],
) -> tuple[list[Fault], list[str]]:
    """All faults of the machine that is to carry the containers of a compose project, and notes, none yet."""
    place = judge_place(hosts, connection)
    if place:
        return place, []
    ports = [port for port in wanted.ports if port.variable.startswith("stack_")]
    found = judge_engine(engine, seen["os"], wanted.host) + judge_applications(apps)
    found += judge_cluster(engine["services"].get(project, []), wanted.nodes)
    return found + judge_published(seen, engine, ports, project, wanted.host), []


def judge_place(hosts: Iterable[str], connection: str) -> list[Fault]:
    """Containers are of this machine alone."""
    names = sorted(hosts)
    if len(names) == 1 and connection == "local":
        return []
    if len(names) == 1:
        message = f"host `{names[0]}` is another machine: the stack in containers runs on this one"
    else:
        listed = ", ".join(names)
        message = (
            f"the inventory has {len(names)} hosts ({listed}): the stack in containers runs on one machine"
        )
    return [Fault(message, "./inv up --on compose --env local")]


def judge_applications(apps: Iterable[Facts]) -> list[Fault]:
    """What an image cannot have: what is on a host already, and another Python than its own."""
    faults = []
    for app in apps:
        where = existing(app)
        given = {
            "source": where and f"existing:{where}",
            "venv": app.get("venv"),
            "python": app.get("python"),
        }
        for key, value in given.items():
            if value:
                name = variable_of(app, key)
                what, hint = UNCONTAINED[key]
                faults.append(Fault(f"`{name}` is `{value}`: {what}", hint.format(name=name, where=where)))
    return faults


def judge_cluster(services: Iterable[str], nodes: int) -> list[Fault]:
    """How many brokers there are is decided when they are made.

    Those that go would keep the messages of their queues. New ones that start beside one that starts again
    may find each other first, and become a cluster without it.
    """
    brokers = sum(name.startswith("rabbitmq-server") for name in services)
    if brokers in (0, nodes):
        return []
    there = "one broker" if brokers == 1 else f"a cluster of {brokers} brokers"
    return [
        Fault(
            f"`stack_broker_nodes` is {nodes}, and this stack has {there}, which has its data",
            "./inv backup && ./inv destroy && ./inv up --on compose && ./inv restore",
        )
    ]


def judge_engine(engine: Facts, system: Facts, host: str) -> list[Fault]:
    """Docker must be installed and answer, with compose v2."""
    if not engine["client"]:
        install = {"debian": "sudo apt-get install docker.io", "macos": "brew install --cask docker"}
        return [
            Fault(
                f"Docker is not installed on host {host}",
                install.get(system["id"], "https://docs.docker.com/engine/install"),
            )
        ]
    if not engine["engine"]:
        return [Fault(f"Docker does not answer on host {host}: {engine['fault']}", "docker info")]
    if numbers(engine["compose"]) >= COMPOSE:
        return []
    there = f"has compose {engine['compose']}" if engine["compose"] else "has no `docker compose`"
    return [Fault(f"Docker on host {host} {there}, and the stack needs 2.20 or later", compose_from(system))]


def compose_from(system: Facts) -> str:
    """The command that installs compose v2, as far as the system has it."""
    if system["id"] == "debian" and system["version"] == "12":
        # Its own is version 1; that of the next release needs nothing that this one lacks.
        suite = "trixie"
        source, pin = SOURCE.format(suite=suite) + KEY, PIN.format(suite=suite)
        return LATER.format(suite=suite, source=source, pin=pin, mirror=MIRROR)
    if system["id"] == "debian":
        return "sudo apt-get install docker-compose"
    return {"ubuntu": "sudo apt-get install docker-compose-v2", "macos": "brew install docker-compose"}.get(
        system["id"], OTHERS
    )


def judge_published(
    seen: Facts, engine: Facts, wanted: Iterable[WantedPort], project: str, host: str
) -> list[Fault]:
    """A fault for each port that somebody else holds: another stack is named, a process shown."""
    held_now = [one for one in engine["published"] if one["running"]]
    mine = {one["port"] for one in held_now if one["project"] == project}
    others = {one["port"]: one for one in held_now}
    wanted = list(wanted)
    taken = {port.number for port in wanted} | {
        one["port"] for one in (*engine["published"], *seen["listeners"])
    }
    faults = []
    for port in wanted:
        # By the proxy of a container of ours.
        if port.number in mine:
            continue
        other = others.get(port.number)
        if other:
            whose = f"of the compose project `{other['project']}`" if other["project"] else "of no stack"
            faults.append(
                Fault(
                    f"port {port.number} on host {host}, needed for {port.purpose}, is held by the container "
                    f"{other['service']} {whose}",
                    f"{_other_number(port, taken)}   # or stop it: docker stop {other['service']}",
                )
            )
            continue
        for listener in seen["listeners"]:
            if listener["port"] == port.number and overlap(listener["address"], port.bind):
                faults.append(_of_host(listener, seen, port, host, taken))
                break
    return faults


def _of_host(listener: Facts, seen: Facts, port: WantedPort, host: str, taken: set[int]) -> Fault:
    if not listener["ours"]:
        return held(listener, port, host)
    name = listener["service"] or listener["unit"].rpartition(".")[0] or listener["program"]
    env = seen["env"]
    return Fault(
        f"port {port.number} on host {host}, needed for {port.purpose}, is held by {name} of the stack "
        f"`{env}`, which runs on this host without containers",
        f"{_other_number(port, taken)}   # or stop that stack: ./inv down --on hosts --env {env}",
    )


def _other_number(port: WantedPort, taken: set[int]) -> str:
    """An offer that nobody holds, this stack's other parts least of all."""
    start = port.number + (10000 if port.number < 50000 else 1)
    other = next(number for number in range(start, start + len(taken) + 1) if number not in taken)
    return f"give `{port.variable}` another number, {other} say"
