"""One managed block in one file of one user: put in, taken out, compared; and what the ledger knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import blocks, files, homes
from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.homes import Person
from ansible_collections.rabbitry.stack.plugins.module_utils.verdict import Verdict

Entry = Mapping[str, Any]  # {kind: block, name: path, user, sha256: of the block, glue, created}


def put(path: Path, person: Person, text: bytes, known: Entry | None, changes: Changes) -> dict[str, Any]:
    """Bring the block in `path` to `text`; returns what the ledger is to say, which said `known`.

    Only the block is shown as a difference: a dotfile may hold secrets. Raises Refused.
    """
    with homes.acting_as(person):
        before = homes.read(path, person)
        old = blocks.current(before or b"", path)
        after, glue = blocks.put(before or b"", text, path)
        if old != text:
            changes.make(str(path), _shown(old), _shown(text), lambda: homes.write(path, after, person))
    glue = known["glue"] if known and old is not None else glue
    return {"created": before is None, "user": person.name, "sha256": files.digest(text), "glue": glue}


def take(entry: Entry, changes: Changes) -> bool:
    """Take the block out again, and with it the file when Rabbitry made it and nothing else is in it.

    Says whether there was one. Raises Refused.
    """
    path, person = Path(entry["name"]), Person.of(entry["user"])
    if person is None or files.status(person.home) is None:
        return False
    with homes.acting_as(person):
        before = homes.read(path, person)
        old = blocks.current(before or b"", path)
        if before is None or old is None:
            return False
        after = blocks.take(before, entry.get("glue", ""), path)
        if after or not entry["created"]:
            changes.make(str(path), _shown(old), "", lambda: homes.write(path, after, person))
        else:
            changes.make(str(path), _shown(old), "", lambda: homes.remove(path, person))
    return True


def retire(entry: Entry, verdict: Verdict, check: bool) -> None:
    """Take the block out for good; a file from which it cannot be told any more stays as it is."""
    try:
        if take(entry, Changes(check=check)):
            verdict.remove(entry)
    except Refused as refused:
        verdict.keep(entry, refused.message)


def drift(entry: Entry) -> str | None:
    """One sentence naming how the block differs from what the ledger says, None when it does not."""
    path, person = Path(entry["name"]), Person.of(entry["user"])
    if person is None:
        return f"the user `{entry['user']}`, whose `{path}` has a block, is gone"
    try:
        with homes.acting_as(person):
            found = blocks.current(homes.read(path, person) or b"", path)
    except Refused as refused:
        return refused.message
    if found is None:
        return f"the block in `{path}` is gone"
    return None if files.digest(found) == entry["sha256"] else f"the block in `{path}` has other content"


def _shown(text: bytes | None) -> str:
    return (text or b"").decode(errors="replace")
