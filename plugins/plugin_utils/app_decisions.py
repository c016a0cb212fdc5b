"""What the model decides about an application's source, and what that comes to on this machine now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.application import KEYS, Decisions, resolve
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import variable_of
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import Tools
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

SAMPLE = "roles/celery_app/files/sample"
POETRY = "roles/celery_app/files/locks/poetry.txt"
# Where an environment has no directory of its own.
CACHE = "~/.cache/rabbitry"

Values = Mapping[str, Any]


def sources(
    app: Values, stack: Values, locate: Callable[[str], str], collection: Path
) -> tuple[list[str], list[Fault]]:
    """Checksums of what an application's source and packages are now, and what is wrong with them.

    `locate` says where a path of the model is on this machine, `collection` where this one is.
    """
    decisions = Decisions(
        source=app.get("source") or "",
        module=app.get("module") or "",
        requirements=app.get("requirements") or "",
        celery_set=app.get("celery_set") or "",
        install=app.get("install") or "auto",
        venv=app.get("venv") or "",
        sample=collection / SAMPLE,
        poetry=(collection / POETRY).read_text(encoding="utf-8"),
        django=app.get("django_settings") or "",
        names={name: variable_of(app, key) for name, key in KEYS.items()},
        locate=locate,
    )
    cache = Path(locate(stack.get("stack_state_dir") or CACHE)) / "source"
    found = resolve(decisions, Tools(cache, app.get("index") or ""))
    return found.checksums, found.faults
