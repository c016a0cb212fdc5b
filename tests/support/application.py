"""Runs Python with the deployed application's environment on a host, as the account of the services."""

from __future__ import annotations

import json
from typing import Any

from tests.support.remote import Remote

# The file is read alike by systemd and by a shell; nothing of it stands on a command line.
START = 'set -a && . /etc/rabbitry/celery.env && exec /opt/rabbitry/venv/bin/python -c "$0" "$@"'
CLIENT = """\
import json, sys
from celery import Celery
app = Celery("client")
app.config_from_object("stack_settings")
"""
SEND = "print(json.dumps(app.send_task(sys.argv[1], json.loads(sys.argv[2])).id))"
GET = "print(json.dumps(app.AsyncResult(sys.argv[1]).get(timeout=float(sys.argv[2]))))"


def python(machine: Remote, source: str, *arguments: str, seconds: float = 60, user: str = "celery") -> Any:
    """Run `source` with the application importable; return the JSON document that it prints."""
    command = ["sh", "-c", START, source, *arguments]
    return json.loads(machine.run(command, user=user, seconds=seconds, cwd="/opt/rabbitry/current").out)


def send(machine: Remote, task: str, *arguments: object) -> str:
    """Send a task as any client would; return its id."""
    identifier: str = python(machine, CLIENT + SEND, task, json.dumps(arguments))
    return identifier


def result(machine: Remote, identifier: str, seconds: float = 20) -> Any:
    """Wait for a task's result."""
    return python(machine, CLIENT + GET, identifier, str(seconds), seconds=seconds + 20)
