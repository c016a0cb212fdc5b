"""The verb `explain`: which known troubles a pasted error or a log tells of, by the literal text in it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rabbitry import report
from rabbitry.entries import Entry, entries
from rabbitry.errors import StackError

SHOWN = 3
VARIES = "…"
# What may stand where a symptom has `…`: a name, a path, a number, a few words; never another line.
ANYTHING = r"[^\n]{0,200}?"
NONE = 2
# Markup that a log or a terminal adds within a sentence.


@dataclass(frozen=True)
class Match:
    """An entry whose symptoms stand in a text; `line` is where the most telling of them was found."""

    entry: Entry
    weight: float
    line: str


def explain(text: str = "", file: str = "") -> int:
    """Name the entries that a text tells of, the likeliest first; 0 when there is one, otherwise 2.

    The text is given, or stands in `file`, or comes on standard input.
    """
    found = rank(_text(text, file), entries())
    if not found:
        report.line(f"none of the {len(entries())} known troubles prints this")
        report.line(f"\n{report.paint('hint:', 'yellow')} ./inv doctor")
        return NONE
    for match in found[:SHOWN]:
        entry = match.entry
        report.line(f"{report.paint(entry.slug, 'bold')}   {entry.title}")
        report.line(f"  found: {match.line}")
        report.line(f"  why: {entry.why}")
        report.line(f"\n  {report.paint('hint:', 'yellow')} {entry.remedy()}")
        report.line(f"  read: {entry.page}\n")
    if len(found) > SHOWN:
        others = ", ".join(match.entry.slug for match in found[SHOWN:])
        report.line(f"less likely: {others}")
    return 0


def rank(text: str, known: Mapping[str, Entry]) -> list[Match]:
    """The entries with a symptom in `text`, most telling first, causes before what follows from them.

    What a symptom tells is the length of its literal text; a weak one only counts where nothing else does.
    """
    plain = report.plain(text).replace("\u2019", "'")
    found = [match for entry in known.values() if (match := _match(plain, entry, entry.symptoms))]
    if not found:
        found = [match for entry in known.values() if (match := _match(plain, entry, entry.weak))]
    found.sort(key=lambda match: (-match.weight, match.entry.slug))
    # A cause printed beside what follows from it comes first; not one that is merely possible.
    slugs = {match.entry.slug for match in found}
    followers = {slug for match in found for slug in match.entry.explains if slug in slugs}
    return sorted(found, key=lambda match: match.entry.slug in followers)


def literal(symptom: str) -> str:
    """The part of a symptom that is always printed."""
    return " ".join(symptom.replace(VARIES, " ").split())


def pattern(symptom: str) -> re.Pattern[str]:
    """What finds a symptom in a text, whatever stands for `…` and however its words are spaced."""
    parts = [r"\s+".join(map(re.escape, part.split())) for part in symptom.split(VARIES)]
    # A space beside `…` belongs to what varies.
    return re.compile(ANYTHING.join(part for part in parts if part))


def _match(text: str, entry: Entry, symptoms: Sequence[str]) -> Match | None:
    hits = [(len(literal(one)), found) for one in symptoms if (found := pattern(one).search(text))]
    if not hits:
        return None
    best, where = max(hits, key=lambda hit: hit[0])
    others = sum(length for length, _ in hits) - best
    start = text.rfind("\n", 0, where.start()) + 1
    line = text[start:].partition("\n")[0].strip()
    # Several symptoms of one entry tell more than one, but never more than a longer one of another.
    return Match(entry, best + min(others / 1000, 0.9), line[:300])


def _text(text: str, file: str) -> str:
    if text and not file and "\n" not in text and len(text) < 200 and Path(text).is_file():
        file = text
    if file:
        try:
            return Path(file).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise StackError(f"`{file}` cannot be read: {error.strerror}", f"ls -l {file}") from error
    if text:
        return text
    if sys.stdin.isatty():
        report.note("paste the error, then press Ctrl-D")
    return sys.stdin.read()
