"""The containers of a stack on this machine, by Docker's API: the only module that speaks with Docker."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
PATIENCE = 20
LINES = 1000
# What a container's state is called where supervisors have names for it.
STATES = {"exited": "stopped", "created": "stopped", "dead": "failed", "restarting": "starting"}
MEANT = ("celery", "kombu", "redis", "flower")


def client(patience: int = PATIENCE) -> DockerClient:
    """A client of this machine's engine, which may take `patience` seconds; StackError when none answers."""
    import docker
    from docker.errors import DockerException

    try:
        found = docker.from_env(timeout=patience)
        found.ping()
    except DockerException as error:
        raise StackError(f"Docker does not answer on this machine: {error}", "docker info") from error
    return found


def project(environment: Environment) -> str:
    """What compose calls this environment's stack."""
    return f"rabbitry-{environment.name}".lower()


def by_service(environment: Environment, engine: DockerClient) -> dict[str, Container]:
    """Every container of the stack by its service's name, running or not."""
    label = f"{PROJECT}={project(environment)}"
    listed = engine.containers.list(all=True, filters={"label": label})
    return {one.labels[SERVICE]: one for one in listed}


def tell(environment: Environment, stack: Stack, *, logs: bool = False) -> dict[str, Any]:
    """What Docker knows, as `told` of plugins/module_utils/question.py."""
    engine = client()
    found = by_service(environment, engine)
    names = [service.name for one in stack.hosts for service in one.services]
    answer: dict[str, Any] = {
        "services": {name: state(found[name]) if name in found else _missing() for name in names},
        "versions": {},
    }
    if logs:
        answer["logs"] = {name: _since_start(found[name]) for name in names if name in found}
        answer["ledgers"] = str(environment.state / "compose" / "ledger")
        answer["processes"] = [each for name in names if name in found for each in _processes(found[name])]
    return answer


def state(container: Container) -> dict[str, Any]:
    """running, state, enabled, pid, since (epoch, 0), restarts, reason, listens, from, container (its id)."""
    told = container.attrs["State"]
    health: Mapping[str, Any] = told.get("Health") or {}
    running = bool(told["Running"]) and not told["Restarting"]
    named = STATES.get(told["Status"], told["Status"])
    if named == "stopped" and told["ExitCode"] and not told["Running"]:
        named = "failed"
    if running and health.get("Status") in ("unhealthy", "starting"):
        named = str(health["Status"])
    return {
        "running": running and not told["Paused"],
        "state": named,
        "enabled": container.attrs["HostConfig"]["RestartPolicy"]["Name"] not in ("", "no"),
        "pid": told["Pid"],
        "since": _seconds(told["StartedAt"]) if running else 0,
        "restarts": container.attrs["RestartCount"],
        "reason": _reason(told, health),
        "listens": sorted(_published(container)),
        "from": [],
        "container": container.id if running else "",
        "environment_file": _after(container.attrs["Config"]["Cmd"] or [], "--environment-file"),
    }


def _after(words: Sequence[str], option: str) -> str:
    """The word that follows an option, "" when it is not given."""
    return next((value for word, value in itertools.pairwise(words) if word == option), "")


def _missing() -> dict[str, Any]:
    nothing = {
        "pid": 0,
        "since": 0,
        "restarts": 0,
        "reason": "it has no container",
        "listens": [],
        "from": [],
    }
    return {"running": False, "state": "missing", "enabled": False, "container": "", **nothing}


def _reason(told: Mapping[str, Any], health: Mapping[str, Any]) -> str:
    if told["OOMKilled"]:
        return "it used more memory than it may"
    if told["Running"] and health.get("Status") == "unhealthy":
        last = [one["Output"].strip() for one in health.get("Log") or [] if one["ExitCode"]]
        return last[-1].splitlines()[-1] if last and last[-1] else "its health check fails"
    if not told["Running"] and told["ExitCode"]:
        return str(told["Error"] or f"it ended with status {told['ExitCode']}")
    return ""


def _published(container: Container) -> set[int]:
    ports = container.attrs["NetworkSettings"]["Ports"] or {}
    return {int(each["HostPort"]) for bound in ports.values() for each in bound or []}


def _seconds(text: str) -> float:
    """Docker's time, which has more digits than Python reads."""
    return datetime.fromisoformat(text[:19] + "+00:00").timestamp()


def lines(container: Container, count: int, since: float = 0) -> list[str]:
    """The last lines that a container has said, with their times; `since` seconds since 1970."""
    options: dict[str, Any] = {"since": int(since)} if since else {}
    said: bytes = container.logs(tail=count, **options)
    return said.decode(errors="replace").splitlines()


def _since_start(container: Container) -> list[str]:
    told = container.attrs["State"]
    return lines(container, LINES, _seconds(told["StartedAt"]) if told["Running"] else 0)


def _processes(container: Container) -> list[dict[str, Any]]:
    """As evidence_processes.py tells them of a host; the pids are this machine's."""
    if not container.attrs["State"]["Running"]:
        return []
    top = container.top(ps_args="-eo pid,user,stat,comm,args")
    nothing = {"unit": "", "directory": "", "files": 0}
    return [
        {
            "pid": int(pid),
            "user": user,
            "name": name,
            "command": command,
            "service": container.labels[SERVICE],
            "state": letters[0],
            **nothing,
        }
        for pid, user, letters, name, command in top["Processes"]
    ]


def restart(environment: Environment, service: str) -> None:
    """Restart one container as compose would: within its own stop time."""
    found = by_service(environment, client())
    if service not in found:
        raise StackError(f"{service} has no container", f"./inv up{environment.option}")
    grace = found[service].attrs["Config"].get("StopTimeout") or 10
    client(grace + PATIENCE).api.restart(str(found[service].id), timeout=grace)
