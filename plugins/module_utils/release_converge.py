"""Unpacks a release beside its earlier ones, tries it, runs its commands, and switches to it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import Shelf, switch, target
from ansible_collections.rabbitry.stack.plugins.module_utils.envfile import secrets_in
from ansible_collections.rabbitry.stack.plugins.module_utils.history import History, Pair, prune, put
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.masking import masked
from ansible_collections.rabbitry.stack.plugins.module_utils.release_commands import (
    Place,
    marks,
    run_all,
    run_due,
    words_of,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.release_parts import (
    environment_link,
    environment_of,
    trial_run,
    unpack,
)


def converge(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Bring the host to what `params` ask. `needed` in the answer: the archive is missing."""
    home, digest = Path(params["home"]), params["digest"]
    shelf = Shelf(home, "release")
    note = shelf.note(digest) if digest else None
    before = target(home, "current"), target(home, "venv")
    made = params["existing"] or f"releases/{digest}", environment_link(params) or before[1]
    after = made if params["switch"] else before
    is_refused = digest and before != made and Pair(digest, Path(made[1]).name) in History(home).refused
    if is_refused and not params["again"]:
        return {"changed": False, "path": str(home / before[0]), "digest": Path(before[0]).name}
    # An application is tried once with each environment, and each of its commands runs once; a directory of
    # the host's own may have changed meanwhile.
    trial = [Path(made[1]).name, params["module"], params["user"]]
    tried = note is not None and trial in note.get("tried", [])
    ran = (note or {}).get("ran", [])
    commands = [words_of(command) for command in params["commands"]]
    wanted = marks(trial[0], commands)
    due = [words for words, mark in zip(commands, wanted, strict=True) if mark not in ran]
    if params["existing"] and before == made:
        due = []
    result: dict[str, Any] = {
        "changed": before != after or not (tried or params["existing"]) or bool(due),
        "path": str(home / made[0]),
        "digest": digest,
    }
    if result["changed"]:
        shown = masked([shlex.join(words) for words in due], secrets_in(params["environment_file"]))
        result["diff"] = {"before": _links(*before), "after": _links(*after, *shown)}
    if check:
        return result
    if digest and note is None and not params["archive"]:
        return {**result, "needed": True}
    ledger = Ledger(params["owner"])
    if result["changed"] or params["existing"]:
        with shelf.locked(ledger):
            if digest and note is None:
                unpack(shelf, params)
            if not tried:
                found = trial_run(shelf, params, note, trial)
                result |= {"tasks": found.tasks, "notes": found.notes}
            if due:
                place = place_of(params, home / made[0])
                if digest:
                    run_due(shelf, digest, due, place, ledger)
                    shelf.complete(digest, ran=list(dict.fromkeys([*ran, *wanted])))
                else:
                    run_all(due, place)
            if params["switch"]:
                lead(home, after, ledger)
        if params["switch"]:
            prune(home, params["keep"], ledger)
    if digest:
        shelf.record(digest, ledger)
    ledger.save()
    return result


def _links(release: str, venv: str, *commands: str) -> str:
    return f"current: {release}\nvenv: {venv}\n" + "".join(f"runs: {command}\n" for command in commands)


def place_of(params: dict[str, Any], release: Path) -> Place:
    """Where an application's commands run: the release, its environment, account and variables."""
    seconds: int = params["command_seconds"]
    return Place(release, environment_of(params), params["user"], params["environment_file"], seconds)


def lead(home: Path, after: tuple[str, str], ledger: Ledger) -> None:
    """Let both links lead to where they shall; what is not the host's own is also written to the history."""
    release, venv = (Path(one) for one in after)
    if str(release.parent) == "releases" and str(venv.parent) in ("venvs", "."):
        put(History(home), Pair(release.name, venv.name), ledger)
        return
    if str(release.parent) == "releases":
        Shelf(home, "release").complete(release.name, used=True)
    switch(home, "venv", after[1], ledger)
    switch(home, "current", after[0], ledger)
