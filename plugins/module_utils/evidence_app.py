"""What the application itself sees: imported by its own interpreter, as its own account, in its environment.

Settings files do not tell what an application uses; the application does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import run

# Runs in the application's interpreter, so only with what it has; prints one JSON document.
PROGRAM = """
import importlib.metadata, json, sys
names = ("celery", "kombu", "amqp", "redis", "flower", "billiard", "vine", "setuptools", "celery-once")
found = {}
for name in names:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps({"python": sys.version.split()[0], "packages": found}))
"""
DEADLINE = 6.0


def collect(question: Question) -> dict[str, Any] | None:
    """Return {"python", "packages": {name: version}} or {"fault": sentence}; None without the application."""
    home = Path(question.stack["app"]["home"])
    python = home / "venv/bin/python"
    if not any(name.startswith("stack-") for name in question.services):
        return None
    if not python.exists():
        return {"fault": f"`{python}` is not there"}
    done = run([str(python), "-I", "-c", PROGRAM], seconds=DEADLINE)
    if done.returncode:
        return {"fault": (done.stderr.strip().splitlines() or ["no word"])[-1]}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
