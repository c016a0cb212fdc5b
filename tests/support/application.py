"""Runs Python with the deployed application's environment on a host, as the account of the services."""

from __future__ import annotations

import json
from typing import Any

from tests.support.hosts import Host
from tests.support.remote import Remote

Machine = Host | Remote

HOME = "/opt/rabbitry/current"
# The file is read alike by systemd and by a shell; nothing of it stands on a command line.
START = 'set -a && . /etc/rabbitry/celery.env && exec /opt/rabbitry/venv/bin/"$0" "$@"'
CLIENT = """\
import json, sys
from celery import Celery
app = Celery("client")
app.config_from_object("stack_settings")
"""
SEND = "print(json.dumps(app.send_task(sys.argv[1], json.loads(sys.argv[2])).id))"
GET = "print(json.dumps(app.AsyncResult(sys.argv[1]).get(timeout=float(sys.argv[2]))))"


def command(*words: str) -> list[str]:
    """The command line that starts a program of the environment (`python`, `celery`) in the folder HOME."""
    return ["sh", "-c", START, *words]


def python(machine: Machine, source: str, *arguments: str, seconds: float = 60, user: str = "celery") -> Any:
    """Run `source` with the application importable; return the JSON document that it prints."""
    words = command("python", "-c", source, *arguments)
    return json.loads(machine.run(words, user=user, seconds=seconds, cwd=HOME).out)


def send(machine: Machine, task: str, *arguments: object) -> str:
    """Send a task as any client would; return its id."""
    identifier: str = python(machine, CLIENT + SEND, task, json.dumps(arguments))
    return identifier


def result(machine: Machine, identifier: str, seconds: float = 20) -> Any:
    """Wait for a task's result."""
    return python(machine, CLIENT + GET, identifier, str(seconds), seconds=seconds + 20)
