"""What `up` ends with: where everything listens, who may enter, what to do next."""

from __future__ import annotations

from pathlib import Path

from rabbitry import report
from rabbitry.environment import Environment
from rabbitry.model import Stack


def rows(stack: Stack, option: str = "") -> list[tuple[str, str, str, str]]:
    """What, where, user, and the command that prints the password; no row carries a secret."""
    ends = stack.endpoints
    places = [
        ("AMQP", f"amqp://{ends.amqp}/{ends.amqp.path}", "app"),
        ("management", f"http://{ends.management}/", "admin"),
        ("Redis", f"redis://{ends.redis}/{ends.redis.db}", "redis"),
        ("Flower", f"http://{ends.flower}/" if ends.flower else "", "flower"),
    ]
    return [
        (what, url, stack.accounts[role].username, f"./inv secrets {stack.accounts[role].secret}{option}")
        for what, url, role in places
        if url
    ]


def show(environment: Environment, stack: Stack, log: Path) -> None:
    """Print the table and the next steps."""
    option = environment.option
    report.line()
    report.table(rows(stack, option), ("what", "where", "user", "password"))
    report.line()
    report.table(
        [
            ("vhost", f"`{stack.endpoints.amqp.vhost}`"),
            ("app", f"`{stack.app.module}` in {stack.app.home}"),
            ("logs", f"./inv logs [service] [-f]{option}; this run: {log}"),
            ("next", f"./inv smoke{option}, ./inv status{option}"),
        ]
    )
