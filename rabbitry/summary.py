"""What `up` ends with: where everything listens, who may enter, what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path

from rabbitry import report, tunnel
from rabbitry.endpoint import Endpoint
from rabbitry.environment import Environment
from rabbitry.model import Account, App, Stack


def rows(stack: Stack, option: str = "") -> list[tuple[str, ...]]:
    """What, where (of a remote stack, on which host too), user, and the command that prints the password."""
    ends, accounts = stack.endpoints, stack.accounts

    def named(what: str, app: App) -> str:
        return f"{what} of {app.name}" if len(stack.apps) > 1 else what

    # Of several Redis the sentinels know which one is master, and Celery asks them.
    scheme = "sentinel" if stack.replication else "redis"
    stores = stack.replication.sentinels if stack.replication else (ends.redis,)
    places: list[tuple[str, str, Endpoint, Account]] = [
        *((named("AMQP", app), "amqp://{}/" + app.path, ends.amqp, app.account) for app in stack.apps),
        ("management", "http://{}/", ends.management, accounts["admin"]),
        *(
            (named("Redis", app), f"{scheme}://{{}}/{app.db}", end, accounts["redis"])
            for app in stack.apps
            for end in stores
        ),
        *(
            (named("Flower", app), "http://{}/", app.flower, accounts["flower"])
            for app in stack.apps
            if app.flower
        ),
    ]
    return [
        (
            what,
            url.format(tunnel.seen(stack, endpoint)),
            *([] if stack.is_local else [endpoint.on]),
            account.username,
            f"./inv secrets {shlex.quote(account.secret)}{option}",
        )
        for what, url, endpoint, account in places
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
            *(("vhost", f"`{app.vhost}`") for app in stack.apps),
            *((app.name, f"`{app.module}` in {app.home}") for app in stack.apps),
            ("logs", f"./inv logs [service] [-f]{option}; this run: {log}"),
            ("next", f"./inv smoke{option}, ./inv status{option}"),
        ]
    )
