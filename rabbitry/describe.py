"""The resolved model of an environment, written anew when an inventory file is newer than it."""

from __future__ import annotations

from rabbitry import ansible, report
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack


def describe(environment: Environment, as_json: bool = False) -> None:
    """Write stack.json and print where it is, or print it."""
    with report.progress() as progress:
        ansible.run("describe", environment, listen=progress.hear)
    environment.described()
    stack = Stack.load(environment.stack, environment.option)
    if as_json:
        report.line(environment.stack.read_text(encoding="utf-8").rstrip())
        return
    report.table(
        [(host.name, ", ".join(service.name for service in host.services)) for host in stack.hosts],
        ("host", "services"),
    )
    report.line(f"\nmodel: {environment.stack}")


def current(environment: Environment) -> Stack:
    """The stack as it was last described; described again when the inventory has been edited since."""
    if not environment.stack.exists():
        raise StackError(
            f"there is no stack `{environment.name}` yet: `{environment.stack}` is missing",
            f"./inv up{environment.option}",
        )
    if not environment.is_described:
        ansible.run("describe", environment)
        environment.described()
    return Stack.load(environment.stack, environment.option)
