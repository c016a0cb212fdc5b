"""Runs a program that talks to a running worker, in the release and the environment that are in use."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.import_check import run
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service

# Seconds that the interpreter and the application's import may take beside the questions.
IMPORTING = 60

# The application, the worker's node name, its queues, the end of the time, and how to ask it something.
BEGIN = """
import json, sys, time
from celery.app.utils import find_app
from celery.utils.nodenames import default_nodename, host_format

module, name, queues, seconds = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), float(sys.argv[4])
app = find_app(module)
app.loader.import_default_modules()
app.finalize()
node = host_format(default_nodename(name))
end = time.monotonic() + seconds

def ask(question):
    left = min(2.0, max(0.1, end - time.monotonic()))
    return (getattr(app.control.inspect([node], timeout=left, limit=1), question)() or {}).get(node)
"""


@dataclass(frozen=True)
class Application:
    """How an application's services run it: the module as `-A` takes it, account, file of variables."""

    module: str
    user: str
    environment_file: str


def words_after(service: Service, option: str) -> str:
    """The word behind an option of a service's command; "" when it has none."""
    words = service.command
    return words[words.index(option) + 1] if option in words[:-1] else ""


def is_worker(service: Service) -> bool:
    """Whether a service is a Celery worker, by its command."""
    return "worker" in service.command and bool(words_after(service, "-Q"))


def ask(
    program: str, service: Service, application: Application, home: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run BEGIN, then `program`, about a worker; TimeoutExpired when it takes far longer than `seconds`."""
    queues = json.dumps(words_after(service, "-Q").split(","))
    words = (application.module, words_after(service, "-n"), queues, f"{seconds:.1f}")
    python, release = (home / "venv").resolve() / "bin" / "python", (home / "current").resolve()
    given = application.user, application.environment_file
    return run(python, (BEGIN + program, *words), release, *given, seconds + IMPORTING)
