"""The table of a role's variables: one row each, nested options below their list, no cell that breaks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rabbitry.errors import StackError
from rabbitry.render import END, START, block, outdated, render

OPTIONS: dict[str, dict[str, Any]] = {
    "redis_port": {"type": "int", "default": 6379, "description": ["Where it listens.", "On TCP."]},
    "redis_password": {"required": True, "description": "Asked of every client."},
    "redis_mode": {"choices": ["a", "b"], "description": "a | b."},
    "redis_users": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "description": "Who.",
        "options": {"name": {"required": True, "description": "Its name."}},
    },
}


@pytest.fixture
def role(tmp_path: Path) -> Path:
    folder = tmp_path / "roles" / "redis"
    (folder / "meta").mkdir(parents=True)
    spec = {"argument_specs": {"main": {"options": OPTIONS}}}
    (folder / "meta" / "argument_specs.yml").write_text(yaml.safe_dump(spec, sort_keys=False))
    (folder / "README.md").write_text(f"# redis\n\nBy hand.\n\n{START}\nold\n{END}\nBelow.\n")
    return folder


def test_rows_follow_the_spec() -> None:
    assert block(OPTIONS).splitlines()[2:] == [
        "| `redis_port` | int | `6379` | Where it listens. On TCP. |",
        "| `redis_password` | str | required | Asked of every client. |",
        "| `redis_mode` | str |  | a \\| b. One of `a`, `b`. |",
        "| `redis_users` | list of dict | `[]` | Who. |",
        "| `redis_users` / `name` | str | required | Its name. |",
    ]


def test_only_the_block_is_written(role: Path) -> None:
    assert render(check=True, root=role.parents[1]) == 1
    assert "old" in (role / "README.md").read_text()
    assert render(root=role.parents[1]) == 0
    text = (role / "README.md").read_text()
    assert text.startswith(f"# redis\n\nBy hand.\n\n{START}\n| Variable")
    assert text.endswith(f"Its name. |\n{END}\nBelow.\n")
    assert outdated(role.parents[1]) == {}
    assert render(check=True, root=role.parents[1]) == 0


def test_a_readme_without_marks_is_named(role: Path) -> None:
    (role / "README.md").write_text("# redis\n")
    with pytest.raises(StackError, match=r"README\.md` has no lines"):
        outdated(role.parents[1])
