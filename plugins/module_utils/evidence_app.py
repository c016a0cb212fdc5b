"""What the application itself sees: imported by its own interpreter, as its own account, in its environment.

Settings files do not tell what an application uses; the application does.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import (
    import_check,
    ledger,
    settings_notes,
    supervisor,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.envfile import secrets_in
from ansible_collections.rabbitry.stack.plugins.module_utils.evidence_app_program import PROGRAM
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import LINUX
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question

# Seconds: of a process that imports an application, on a machine that is busy.
DEADLINE = 13.0


def collect(question: Question) -> dict[str, dict[str, Any]]:
    """Return what each application that has a service here tells, by its name: see `_tells`."""
    here = [one for one in question.each() if one.services]
    with ThreadPoolExecutor(max(1, len(here))) as pool:
        return dict(zip((one.app["name"] for one in here), pool.map(_tells, here), strict=True))


def _tells(question: Question) -> dict[str, Any]:
    """Return what the application tells, or {"fault": sentence}.

    Always: "python", "packages" {name: version}, "shadows" [files that hide a package], "variables" {name of
    the environment: {"url" without password, "unquoted" [characters in the password]}}, "hostname" (as node
    names have it), and "error", why the application cannot be imported ("" when it can).
    Of one that can: "main" (its name), "broker", "backend" (URLs without passwords, "" for none), "conf"
    {setting: value}, "tasks" [name], "schedule" {entry: task}, "sends_to" [queue], "broker_error" and
    "backend_error" (why it was not let in, "" when it was), and where the broker lets it in "nodes" {worker
    that answers: [queue]}; "ignored" [sentence on settings without effect]. Of one that mixes old and new
    names of settings: "mixed" [old name, place, new name]. Raises TimeoutError after 13 s.
    """
    if question.told:
        return _in_container(question)
    home = Path(question.app["home"])
    python = home / "venv/bin/python"
    if not python.exists():
        return {"fault": f"`{python}` is not there"}
    definition = _definition(question)
    given = definition.get("working_dir", "")
    directory = Path(given) if given and Path(given).is_dir() else Path("/")
    workers = [worker["name"] for worker in question.app["workers"]]
    program = (PROGRAM, question.app["module"], *workers)
    file = definition.get("environment_file", "")
    try:
        done = import_check.run(python, program, directory, definition.get("user", ""), file, DEADLINE)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"the application took longer than {DEADLINE:g} s") from error
    except (KeyError, OSError) as error:
        return {"fault": f"the application cannot be asked: {error}"}
    return read(done.stdout, done.stderr, question.app["module"])


def _in_container(question: Question) -> dict[str, Any]:
    """What it tells in the first of its containers that runs; nothing of it is on this host."""
    states = question.told["services"]
    running = [name for name in question.services if name in states and states[name].get("container")]
    chosen = [name for name in running if name.startswith("stack-") and states[name]["state"] != "paused"]
    if not chosen:
        return {"fault": "no container of the application runs"}
    state, app = states[chosen[0]], question.app
    launch = [f"{LINUX.libexec}/launch", "--environment-file", state["environment_file"], "--"]
    workers = [worker["name"] for worker in app["workers"]]
    program = [f"{app['home']}/venv/bin/python", "-c", PROGRAM, app["module"], *workers]
    argv = ["docker", "exec", state["container"], *launch, *program]
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"the application took longer than {DEADLINE:g} s") from error
    return read(done.stdout, done.stderr, app["module"])


def private(question: Question) -> list[str]:
    """Return what else must not leave: the secrets of the applications' environments."""
    return [value for one in question.each() for value in _private(one)]


def _private(question: Question) -> list[str]:
    try:
        return secrets_in(_definition(question)["environment_file"])
    except (KeyError, ledger.LedgerError):
        return []


def read(output: str, errors: str, module: str = "") -> dict[str, Any]:
    """The document that the program printed last, whatever the application itself printed before."""
    if answer := import_check.document(output):
        if "ignored" in answer:
            answer["ignored"] = [note["message"] for note in settings_notes.notes(module, answer["ignored"])]
        if "mixed" in answer:
            answer["mixed"] = [settings_notes.renamed(one) for one in answer["mixed"]]
        return answer
    return {"fault": (errors.strip().splitlines() or ["the application gave no word"])[-1]}


def _definition(question: Question) -> Mapping[str, Any]:
    """User, directory and environment of one of its services."""
    recorded = supervisor.recorded(question.services, question.ledgers)
    definitions = [entry.get("definition", {}) for entry in recorded.values()]
    return next((one for one in definitions if one.get("environment_file")), {})
