"""The verbs of `inv` that keep what a stack holds, and give it back; the others are in tasks.py."""

from __future__ import annotations

from rabbitry.environment import Environment
from rabbitry.verb import on_stack


@on_stack
def backup(environment: Environment, to: str = "") -> None:
    """Write the broker's definitions and Redis' data into a directory (--to DIR), checksummed."""
    from rabbitry.backup import backup

    backup(environment, to)


@on_stack
def restore(environment: Environment, source: str = "", yes: bool = False) -> None:
    """Give a running stack what a backup holds, on hosts or in containers: ./inv restore [DIR]."""
    from rabbitry.backup import restore

    restore(environment, source, yes=yes)
