"""What restart and logs ask of a supervisor: one face for systemd, supervisord and launchd."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from rabbitry import ansible, container_logs, containers, host
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import COMPOSE, Host, Stack

SUPERVISORCTL = ("supervisorctl", "-c", "/etc/rabbitry/supervisord.conf")
LOGS = "/var/log/rabbitry"


def choose(stack: Stack, wanted: str = "") -> list[tuple[Host, list[str]]]:
    """Each host with those of its services, in start order, that `wanted` means: all, one, part of a name."""
    every = [service.name for one in stack.hosts for service in one.services]
    names = {wanted} if wanted in every else {name for name in every if wanted in name}
    if not names:
        raise StackError(
            f"no service `{wanted}`: there is {', '.join(f'`{name}`' for name in dict.fromkeys(every))}",
            "./inv status",
        )
    chosen = [
        (one, [service.name for service in one.services if service.name in names]) for one in stack.hosts
    ]
    return [(one, services) for one, services in chosen if services]


def restart(environment: Environment, where: Host, service: str) -> None:
    """Restart one service of a host."""
    if where.supervisor == COMPOSE:
        containers.restart(environment, service)
    elif where.supervisor == "launchd":
        # No single command of a Mac's does it, least of all for what `brew services` runs.
        ansible.restart(environment, where.name, service)
    else:
        for argv in restarting(where.supervisor, [service]):
            tell(environment, where, argv)


def restarting(supervisor: str, services: Sequence[str]) -> list[list[str]]:
    """The commands that restart `services` in this order."""
    match supervisor:
        case "systemd":
            return [["systemctl", "restart", name] for name in services]
        case "supervisord":
            return [[*SUPERVISORCTL, "restart", name] for name in services]
    raise _unknown(supervisor)


def logs(
    supervisor: str, services: Sequence[str], lines: int, follow: bool = False, folder: str = LOGS
) -> list[str]:
    """The command that prints the last `lines` log lines of `services`, and with `follow` those that come.

    `folder` has the logs where no journal keeps them.
    """
    match supervisor:
        case "systemd":
            units = [f"--unit={name}" for name in services]
            extra = ["--follow"] if follow else []
            return ["journalctl", "--no-pager", "--output=short-iso", f"--lines={lines}", *extra, *units]
        case "supervisord" | "launchd":
            files = [f"{folder}/{name}.log" for name in services]
            return ["tail", "-n", str(lines), *(["-F"] if follow else []), "--", *files]
    raise _unknown(supervisor)


def tell(environment: Environment, where: Host, argv: Sequence[str]) -> str:
    """Run a command as root on a host of the stack, directly when that is this machine; what it printed."""
    if not where.is_local:
        return ansible.ask(environment, where.name, argv)
    answer = host.run(argv, root=True)
    if answer.code:
        raise StackError(
            f"`{' '.join(argv)}` ended with status {answer.code} on {where.name}",
            f"./inv status{environment.option}",
            answer.lines[-15:],
        )
    return answer.output


def last_lines(environment: Environment, stack: Stack, service: str, count: int = 20) -> tuple[str, ...]:
    """The end of a service's log for an error message; empty when even that cannot be read."""
    if stack.runs_on == COMPOSE:
        with contextlib.suppress(StackError):
            return tuple(container_logs.logs(environment, [service], count))
        return ()
    found: Iterable[Host] = (one for one in stack.hosts if service in {each.name for each in one.services})
    try:
        return tuple(
            line
            for one in found
            for line in tell(
                environment, one, logs(one.supervisor, [service], count, folder=one.logs)
            ).splitlines()
        )
    except StackError:
        return ()


def _unknown(supervisor: str) -> StackError:
    return StackError(f"unknown supervisor `{supervisor}` in the model", "./inv describe")
