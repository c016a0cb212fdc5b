"""Runs Python with a deployed application's environment on a host, as the account of its services."""

from __future__ import annotations

import json
import shlex
from typing import Any

from tests.support.hosts import Host
from tests.support.remote import Remote

Machine = Host | Remote

CLIENT = """\
import json, sys
from celery import Celery
app = Celery("client")
app.config_from_object("stack_settings")
"""
SEND = "print(json.dumps(app.send_task(sys.argv[1], json.loads(sys.argv[2])).id))"
GET = "print(json.dumps(app.AsyncResult(sys.argv[1]).get(timeout=float(sys.argv[2]))))"


def suffix(app: str) -> str:
    """What the names of an application's account, files and services end with; "" for the only one's."""
    return f"-{app}" if app else ""


def account(app: str = "") -> str:
    """The account of an application's services."""
    return f"celery{suffix(app)}"


def home(app: str = "") -> str:
    """Where an application's release is."""
    return f"/opt/rabbitry/apps/{app}/current" if app else "/opt/rabbitry/current"


def command(*words: str, app: str = "") -> list[str]:
    """The command line that starts a program of the environment (`python`, `celery`) in the folder `home`."""
    # The file is read alike by systemd and by a shell; nothing of it stands on a command line.
    file, programs = f"/etc/rabbitry/celery{suffix(app)}.env", f"{home(app).rpartition('/')[0]}/venv/bin"
    start = f'set -a && . {shlex.quote(file)} && exec {shlex.quote(programs)}/"$0" "$@"'
    return ["sh", "-c", start, *words]


def python(
    machine: Machine, source: str, *arguments: str, seconds: float = 60, user: str = "", app: str = ""
) -> Any:
    """Run `source` with the application importable; return the JSON document that it prints."""
    words = command("python", "-c", source, *arguments, app=app)
    return json.loads(machine.run(words, user=user or account(app), seconds=seconds, cwd=home(app)).out)


def send(machine: Machine, task: str, *arguments: object, app: str = "") -> str:
    """Send a task as any client would; return its id."""
    identifier: str = python(machine, CLIENT + SEND, task, json.dumps(arguments), app=app)
    return identifier


def result(machine: Machine, identifier: str, seconds: float = 20, app: str = "") -> Any:
    """Wait for a task's result."""
    return python(machine, CLIENT + GET, identifier, str(seconds), seconds=seconds + 20, app=app)
