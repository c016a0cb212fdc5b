"""What `up` ends with: where everything listens, who may enter, what to do next."""

from __future__ import annotations

from pathlib import Path

from rabbitry import report, tunnel
from rabbitry.environment import Environment
from rabbitry.model import Stack


def rows(stack: Stack, option: str = "") -> list[tuple[str, ...]]:
    """What, where (of a remote stack, on which host too), user, and the command that prints the password."""
    ends = stack.endpoints
    places = [
        ("AMQP", "amqp://{}/" + ends.amqp.path, ends.amqp, "app"),
        ("management", "http://{}/", ends.management, "admin"),
        ("Redis", f"redis://{{}}/{ends.redis.db}", ends.redis, "redis"),
        ("Flower", "http://{}/", ends.flower, "flower"),
    ]
    return [
        (
            what,
            url.format(tunnel.seen(stack, endpoint)),
            *([] if stack.is_local else [endpoint.on]),
            stack.accounts[role].username,
            f"./inv secrets {stack.accounts[role].secret}{option}",
        )
        for what, url, endpoint, role in places
        if endpoint
    ]


def show(environment: Environment, stack: Stack, log: Path) -> None:
    """Print the table and the next steps."""
    option = environment.option
    report.line()
    there = [] if stack.is_local else ["on"]
    report.table(rows(stack, option), ("what", "where", *there, "user", "password"))
    report.line()
    ways = tunnel.pasteable(environment, stack)
    for host, command in ways:
        report.line(f"From here the URLs of {host} work while this runs:")
        report.line(f"  {command}\n")
    report.table(
        [
            ("vhost", f"`{stack.endpoints.amqp.vhost}`"),
            ("app", f"`{stack.app.module}` in {stack.app.home}"),
            ("logs", f"./inv logs [service] [-f]{option}; this run: {log}"),
            ("next", f"./inv smoke{option}, ./inv status{option}"),
        ]
    )
