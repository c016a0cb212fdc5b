"""The verb `logs`: what the services say."""

from __future__ import annotations

import shlex

from rabbitry import container_logs, control, host, report, tunnel
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import COMPOSE, Stack


def logs(environment: Environment, service: str = "", *, follow: bool = False, lines: int = 50) -> int:
    """Print the last log lines of the services that `service` means, host by host; the exit code."""
    stack = Stack.load(environment.stack, environment.option)
    chosen = control.choose(stack, service)
    if stack.runs_on == COMPOSE:
        said = container_logs.follow if follow else container_logs.logs
        for line in said(environment, chosen[0][1], lines):
            report.line(line)
        return 0
    if follow:
        one, services = chosen[0]
        argv = control.logs(one.supervisor, services, lines, follow, one.logs)
        if len(chosen) > 1:
            raise StackError(
                f"{', '.join(f'`{each.name}`' for each, _ in chosen)} have logs of these services:"
                " only those of one host can be followed",
                f"./inv logs {services[0]} -f{environment.option}",
            )
        if one.is_local:
            return host.call(argv, root=True)
        # A terminal of its own: sudo asks there, and Ctrl-C ends both sides.
        program, *enter = tunnel.words(environment, one.name)
        return host.call([program, "-t", "-q", *enter, "--", shlex.join(["sudo", "--", *argv])])
    for one, services in chosen:
        if len(chosen) > 1:
            report.note(f"{one.name}: {', '.join(services)}")
        argv = control.logs(one.supervisor, services, lines, folder=one.logs)
        report.line(control.tell(environment, one, argv).rstrip())
    return 0
