"""The verb `restart`: restarts services in their start order and proves that the stack works again."""

from __future__ import annotations

from rabbitry import ansible, control, privilege, report
from rabbitry.environment import Environment
from rabbitry.model import COMPOSE, Stack
from rabbitry.proving import prove


def restart(environment: Environment, service: str = "") -> None:
    """Restart what `service` means, everything without it."""
    stack = Stack.load(environment.stack, environment.option)
    chosen = control.choose(stack, service)
    if stack.runs_on == COMPOSE:
        pass
    elif stack.is_local:
        privilege.wake()
    else:
        ansible.enter(environment, [one.name for one, _ in chosen])
    with report.progress() as progress:
        for one, services in chosen:
            for name in services:
                where = f" on {one.name}" if len(chosen) > 1 else ""
                with progress.step(f"Restart {name}{where}") as phase:
                    control.restart(environment, one, name)
                    phase.changed = 1
        prove(environment, stack, progress)
