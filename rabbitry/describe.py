"""The resolved model of an environment, written anew when an inventory file is newer than it."""

from __future__ import annotations

from pathlib import Path

from rabbitry import ansible, report
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack


def describe(environment: Environment, as_json: bool = False) -> None:
    """Write stack.json and print where it is, or print it."""
    with report.progress() as progress:
        ansible.run("describe", environment, listen=progress.hear)
    stack = Stack.load(environment.stack)
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
    if environment.stack.stat().st_mtime < edited(environment):
        ansible.run("describe", environment)
        # A document that stays as it was is not written again, and would look old for ever.
        environment.stack.touch()
    return Stack.load(environment.stack)


def edited(environment: Environment) -> float:
    """When a file of the inventory was last changed, in seconds since 1970."""
    place = environment.inventory if environment.inventory.is_dir() else environment.inventory.parent
    beside: list[Path] = [
        path
        for folder in ("group_vars", "host_vars")
        for path in (place / folder).rglob("*")
        if path.is_file()
    ]
    inside = environment.inventory.rglob("*") if environment.inventory.is_dir() else ()
    times: list[float] = [path.stat().st_mtime for path in (environment.inventory, *inside, *beside)]
    return max(times)
