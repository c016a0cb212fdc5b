"""A managed block goes in and comes out byte for byte, and damaged marks are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import blocks
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused

PATH = Path("/home/o'brien/.profile")
TEXT = blocks.block("PATH=/sbin\n")
BEGIN, END = b"# >>> rabbitry >>>\n", b"# <<< rabbitry <<<\n"
CONTENTS = [
    b"",
    b"\n",
    b"a\n",
    b"a",
    b"a\r\nb\r\n",
    b"a\r\nb",
    b"caf\xe9 \xff\xfe\0\n",
    b"a \\\n",
    b"a \\",
    b"\n\n\n",
    b"old mac\r",
]


@pytest.mark.parametrize("content", CONTENTS)
def test_what_goes_in_comes_out(content: bytes) -> None:
    filled, glue = blocks.put(content, TEXT, PATH)
    assert filled.startswith(content) and filled.endswith(b"\n" + TEXT if content else TEXT)
    assert blocks.current(filled, PATH) == TEXT
    assert blocks.put(filled, TEXT, PATH) == (filled, "")
    assert blocks.take(filled, glue, PATH) == content


def test_lines_added_behind_stay_lines() -> None:
    filled, glue = blocks.put(b"a", TEXT, PATH)
    assert blocks.take(filled + b"b\n", glue, PATH) == b"a\nb\n"


def test_an_edited_block_is_renewed_where_it_stands() -> None:
    for edited in (BEGIN + b"mine\n" + END, TEXT.replace(b"\n", b"\r\n"), b"  " + TEXT.replace(b"P", b"p")):
        renewed, glue = blocks.put(b"a\n" + edited + b"b", TEXT, PATH)
        assert (renewed, glue) == (b"a\n" + TEXT + b"b", "")


def test_a_block_whose_last_newline_went_is_renewed() -> None:
    assert blocks.put(b"a\n" + TEXT.rstrip(), TEXT, PATH)[0] == b"a\n" + TEXT


def test_without_a_block_nothing_is_taken() -> None:
    assert blocks.current(b"# rabbitry\n", PATH) is None
    assert blocks.take(b"a", "\n", PATH) == b"a"


@pytest.mark.parametrize(
    "marks", [BEGIN, END, END + BEGIN, BEGIN + BEGIN + END, TEXT + TEXT, BEGIN + END + END, TEXT + BEGIN]
)
def test_damaged_marks_are_refused(marks: bytes) -> None:
    content = b"a\n" + marks + b"b\n"
    for act in (
        blocks.current,
        lambda *a: blocks.put(a[0], TEXT, a[1]),
        lambda *a: blocks.take(a[0], "", a[1]),
    ):
        with pytest.raises(
            Refused, match=r"^`/home/o'brien/.profile` has \d times `# >>> rabbitry >>>`"
        ) as refused:
            act(content, PATH)
        assert refused.value.hint == """grep -n rabbitry '/home/o'"'"'brien/.profile'"""
