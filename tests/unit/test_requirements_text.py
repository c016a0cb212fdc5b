"""The text of requirements files and locks: lines that go on, hashes, markers, options, paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import requirements_text
from ansible_collections.rabbitry.stack.plugins.module_utils.requirements_text import Line, lines

LOCKS = Path(__file__).resolve().parents[2] / "roles/celery_app/files/locks"


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("requests", "requests", ""),
        ("celery[redis]==5.7.0 ; python_version<'3.12'", "celery", "5.7.0"),
        ("Foo.Bar_x===1.0+local", "foo-bar-x", "1.0+local"),
        ("a>=1,<2", "a", ""),
        ("a==1.*", "a", ""),
        ("a==1.0,!=1.1", "a", ""),
        ("a @ git+https://host/a@abc", "a", ""),
        ("--index-url https://host/simple", "", ""),
        ("-e .", "", ""),
        ("./vendor/a-1.0-py3-none-any.whl", "", ""),
        ("https://host/a-1.0-py3-none-any.whl", "", ""),
    ],
)
def test_a_line_tells_its_package_and_the_one_version(text: str, name: str, version: str) -> None:
    assert lines(text) == [Line(text, name, version)]


def test_lines_go_on_and_comments_go() -> None:
    text = (
        "# made by uv\na==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    # via b\n\nb==2  # why\n"
    )
    first, second = lines(text)
    assert first == Line("a==1 --hash=sha256:00 --hash=sha256:11", "a", "1", True)
    assert second == Line("b==2", "b", "2")
    assert requirements_text.joined([first, second]).splitlines() == [first.text, second.text]


@pytest.mark.parametrize("lock", sorted(path.name for path in LOCKS.glob("*.txt")))
def test_our_own_locks_are_locks(lock: str) -> None:
    found = lines((LOCKS / lock).read_text(encoding="utf-8"))
    assert requirements_text.is_lock(found)
    assert requirements_text.are_hashed(found)


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "a==1\n", "a==1 --hash=sha256:00\nb==2\n", "a>=1 --hash=sha256:00\n", "--pre\n"],
)
def test_pins_alone_are_no_lock(text: str) -> None:
    assert not requirements_text.is_lock(lines(text))
