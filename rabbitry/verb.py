"""What every verb has in common: its environment is found, its errors are shown, its exit code is kept."""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable, Iterable
from inspect import Signature, signature
from types import ModuleType
from typing import Any

from invoke.collection import Collection
from invoke.context import Context
from invoke.program import Program
from invoke.tasks import task

from rabbitry import report
from rabbitry.environment import ROOT, find
from rabbitry.errors import StackError

# Verbs whose first bare word is the value of an option, which Invoke's own parser cannot express.
WORDS = {
    "new": "what",
    "logs": "service",
    "restart": "service",
    "secrets": "name",
    "restore": "source",
    "deploy": "app",
    "rollback": "app",
    "bench": "name",
    "fix": "name",
    "doctor": "slug",
    "explain": "text",
    "molecule": "role",
}
VALUES = {"--env", "-e", "--inventory", "-i", "--lines", "-l", "--suite", "-s", "--junit", "-j"}
VALUES |= {"--scenario", "--platform", "-p", "--host", "--from", "--save", "--file", "--to", "-t"}
VALUES |= {"--on", "-o", "--limit", "--remove", "--replace", "--recover"}
VALUES |= {"--definitions", "--wait"}


def verb(body: Callable[..., int | None]) -> Any:
    """Make an Invoke task of a function; StackError becomes its message, a returned number the exit code."""

    @functools.wraps(body)
    def wrapped(context: Context, *args: Any, **kwargs: Any) -> None:
        try:
            code = body(context, *args, **kwargs)
        except StackError as error:
            report.failure(error)
            code = error.exit_code
        except KeyboardInterrupt:
            report.note("interrupted")
            code = 130
        except BrokenPipeError:
            # Whoever read the answer (head, less) has enough of it; Python must not flush into it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        if code:
            sys.exit(code)

    return task(wrapped)


def on_stack(body: Callable[..., int | None]) -> Any:
    """Make an Invoke task of a function of an Environment: the options --env and --inventory choose which."""

    @functools.wraps(body)
    def found(
        context: Context, env: str = "", inventory: str = "", on: str = "", **options: Any
    ) -> int | None:
        return body(find(env, inventory, on=on), **options)

    own = list(signature(body).parameters.values())[1:]
    choosing = list(signature(found, follow_wrapped=False).parameters.values())[:4]
    found.__signature__ = Signature([*choosing, *own])  # type: ignore[attr-defined]
    return verb(found)


def named(argv: Iterable[str]) -> list[str]:
    """Command-line words with the bare words of `logs x`, `doctor x y` … turned into one `--service=x`."""
    words = list(argv)
    option = WORDS.get(words[0], "") if words else ""
    if not option:
        return words
    changed, place, is_value = words[:1], 0, False
    for word in words[1:]:
        if is_value or word.startswith("-"):
            is_value = not is_value and word in VALUES
            changed.append(word)
        elif place:
            changed[place] += f" {word}"
        else:
            place = len(changed)
            changed.append(f"--{option}={word}")
    return changed


def _interrupt(number: int, frame: object) -> None:
    """Whoever ends us ends what we began as well, as Ctrl-C does: no playbook goes on alone."""
    raise KeyboardInterrupt


def start(tasks: ModuleType) -> None:
    """Run the verb that the command line names."""
    with (ROOT / "galaxy.yml").open(encoding="utf-8") as stream:
        version = next(line.split()[1] for line in stream if line.startswith("version:"))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    program = Program(name="inv", binary="./inv", namespace=Collection.from_module(tasks), version=version)
    program.run([sys.argv[0], "--write-pyc", *named(sys.argv[1:])])
