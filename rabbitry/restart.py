"""The verb `restart`: restarts services in their start order and proves that the stack works again."""

from __future__ import annotations

from rabbitry import control, privilege, report
from rabbitry.environment import Environment
from rabbitry.model import Stack
from rabbitry.proving import prove


def restart(environment: Environment, service: str = "") -> None:
    """Restart what `service` means, everything without it."""
    stack = Stack.load(environment.stack)
    chosen = control.choose(stack, service)
    if stack.is_local:
        privilege.wake()
    with report.progress() as progress:
        for one, services in chosen:
            for name, argv in zip(services, control.restart(one.supervisor, services), strict=True):
                with progress.step(f"Restart {name}") as phase:
                    control.tell(environment, one, argv)
                    phase.changed = 1
        prove(environment, stack, progress)
