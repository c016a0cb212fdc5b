"""Explaining: entries by literal text, the most telling first, and an honest no."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rabbitry import explain
from rabbitry.entries import Entry


def entry(slug: str, *symptoms: str, **more: Any) -> Entry:
    return Entry(
        slug=slug,
        title=slug,
        why="because",
        severity="stops",
        services=(),
        platforms=(),
        symptoms=symptoms,
        **more,
    )


KNOWN = {
    one.slug: one
    for one in (
        entry("redis/save", "Failed opening the temp RDB file … for saving: Permission denied"),
        entry(
            "redis/misconf", "MISCONF Redis is configured to save RDB snapshots, but it's currently unable"
        ),
        entry("celery/refused", "[Errno 111] Connection refused"),
        entry("flower/refused", "flower: … [Errno 111] Connection refused"),
        entry("rabbitmq/boot", "cannot_log_to_file", weak=("Configuring logger redirection",)),
        entry("a/cause", "short cause", explains=("a/consequence",)),
        entry("a/consequence", "a much longer consequence of it"),
    )
}


def slugs(text: str) -> list[str]:
    return [match.entry.slug for match in explain.rank(text, KNOWN)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "# Failed opening the temp RDB file temp-12.rdb (in /x y) for saving: Permission denied",
            ["redis/save"],
        ),
        (
            "MISCONF Redis is configured\n to save RDB   snapshots, but it\u2019s currently unable",
            ["redis/misconf"],
        ),
        ("\x1b[31m[Errno 111] Connection\x1b[0m refused", ["celery/refused"]),
        ("flower: broker [Errno 111] Connection refused", ["flower/refused", "celery/refused"]),
        ("a much longer consequence of it, short cause", ["a/cause", "a/consequence"]),
        ("Configuring logger redirection", ["rabbitmq/boot"]),
        ("Configuring logger redirection\nConnection: [Errno 111] Connection refused", ["celery/refused"]),
        ("Failed opening the temp RDB file\nand on another line for saving: Permission denied", []),
        ("all is well", []),
        ("", []),
    ],
)
def test_the_likeliest_entry_comes_first(text: str, expected: list[str]) -> None:
    assert slugs(text) == expected


def test_a_file_and_standard_input_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explain, "entries", lambda: KNOWN)
    path = tmp_path / "worker.log"
    path.write_text("noise\n" * 400 + "x: [Errno 111] Connection refused\n" + "noise\n" * 400)
    for arguments in ({"file": str(path)}, {"text": str(path)}):
        assert explain.explain(**arguments) == 0
        said = capsys.readouterr().out
        assert said.startswith("celery/refused   ")
        assert "found: x: [Errno 111] Connection refused" in said
    assert explain.explain("nothing known") == explain.NONE
    assert "none of the 7 known troubles prints this" in capsys.readouterr().out
