"""A managed block in a text file: put in, renewed and taken out again, every other byte left as it is."""

from __future__ import annotations

import shlex
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused

BEGIN = b"# >>> rabbitry >>>"
END = b"# <<< rabbitry <<<"


def block(body: str) -> bytes:
    """The block that says `body` (whole lines), between its marks."""
    return BEGIN + b"\n" + body.encode() + END + b"\n"


def find(content: bytes, path: Path) -> tuple[int, int] | None:
    """Where the block lies, its marks included, as content[start:end]; None when there is none.

    Refused when the marks are not one pair: what to renew, or to take out, is then anybody's guess.
    """
    begins, ends, offset = [], [], 0
    for line in content.splitlines(keepends=True):
        if line.strip() == BEGIN:
            begins.append(offset)
        offset += len(line)
        if line.strip() == END:
            ends.append(offset)
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0] >= ends[0]:
        raise Refused(
            f"`{path}` has {len(begins)} times `{BEGIN.decode()}` and {len(ends)} times `{END.decode()}`: "
            "one pair, in this order, is a block; remove the lines that are too many",
            f"grep -n rabbitry {shlex.quote(str(path))}",
        )
    return begins[0], ends[0]


def current(content: bytes, path: Path) -> bytes | None:
    """The block as it stands in the file, None when there is none. Raises Refused, as `find` does."""
    place = find(content, path)
    return content[slice(*place)] if place else None


def put(content: bytes, text: bytes, path: Path) -> tuple[bytes, str]:
    """The content with the block `text`, where the old one was or at the end.

    Also returns the newline that a last line without one needed before it, empty otherwise. Raises Refused.
    """
    place = find(content, path)
    if place:
        return content[: place[0]] + text + content[place[1] :], ""
    glue = "\n" if content and not content.endswith(b"\n") else ""
    return content + glue.encode() + text, glue


def take(content: bytes, glue: str, path: Path) -> bytes:
    """The content without the block; its `glue` goes too, unless lines were added behind. Raises Refused."""
    place = find(content, path)
    if not place:
        return content
    before, after = content[: place[0]], content[place[1] :]
    return before.removesuffix(glue.encode()) if not after else before + after
