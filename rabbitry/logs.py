"""The verb `logs`: what the services say."""

from __future__ import annotations

from rabbitry import control, host, report
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack


def logs(environment: Environment, service: str = "", *, follow: bool = False, lines: int = 50) -> int:
    """Print the last log lines of the services that `service` means, host by host; the exit code."""
    chosen = control.choose(Stack.load(environment.stack), service)
    if follow:
        one, services = chosen[0]
        argv = control.logs(one.supervisor, services, lines, follow)
        if len(chosen) > 1 or not one.is_local:
            raise StackError(
                "only this machine's logs can be followed", f"ssh -t {one.name} sudo {' '.join(argv)}"
            )
        return host.call(argv, root=True)
    for one, services in chosen:
        if len(chosen) > 1:
            report.note(f"{one.name}: {', '.join(services)}")
        report.line(control.tell(environment, one, control.logs(one.supervisor, services, lines)).rstrip())
    return 0
