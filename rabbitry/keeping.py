"""The verbs of `inv` about what brokers and backend hold: to keep and change it. Others are in tasks.py."""

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


@on_stack
def topology(environment: Environment, plan: bool = False, json: bool = False) -> int:
    """Bring what the broker holds to what is declared (--plan: only say how it differs)."""
    from rabbitry.topology import topology

    return topology(environment, plan=plan, as_json=json)


@on_stack
def reset(environment: Environment, yes: bool = False) -> None:
    """Empty the broker after asking (--yes: without), and declare everything again; messages are lost."""
    from rabbitry.reset import reset

    reset(environment, yes=yes)


@on_stack
def nodes(environment: Environment, remove: str = "", replace: str = "", yes: bool = False) -> int:
    """Say how the brokers of a cluster are (--remove HOST: one leaves, --replace HOST: a dead one anew)."""
    from rabbitry.nodes import nodes

    return nodes(environment, remove=remove, replace=replace, yes=yes)


@on_stack
def rebuild(
    environment: Environment,
    yes: bool = False,
    leave: bool = False,
    without_export: bool = False,
    definitions: str = "",
    wait: int = 300,
) -> None:
    """Build the broker anew for a release that cannot open its data: export, drain, move aside, import."""
    from rabbitry.rebuild import rebuild

    rebuild(
        environment, yes=yes, leave=leave, without_export=without_export, definitions=definitions, wait=wait
    )
