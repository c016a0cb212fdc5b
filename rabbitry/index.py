"""The page troubleshooting/README.md, made of the entries: which text is printed by which trouble."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from rabbitry.entries import FOLDER, Entry

PAGE = f"{FOLDER}/README.md"
HEAD = """# Known troubles

Written by `./inv render` from the pages below; edit those.

- `./inv doctor` looks at every host, changes nothing, and names what it finds with the command that mends it.
- `./inv explain "<pasted error>"` finds the page by what was printed, also in a file or on stdin.
- `./inv fix SLUG` does what the page's section *Fix* says; `./inv fix --all` does all that is safe.

Each page was broken, seen, named and mended on a test host where it says so; the others tell why not.
"""
MARKS = {"automatic": "`fix --all`", "asked": "`fix SLUG`", "by hand": "by hand"}


def index(known: Mapping[str, Entry]) -> str:
    """The whole page: a table of the entries of each service, then every literal symptom with its entry."""
    parts = [HEAD]
    for service, group in groupby(known.values(), key=lambda entry: entry.slug.partition("/")[0]):
        parts.append(f"\n## {service}\n\n| Trouble | Mended by | Tried on |\n| --- | --- | --- |\n")
        parts += [_row(entry) for entry in group]
    parts.append("\n## By what is printed\n\n`…` stands for what varies.\n\n")
    pairs = [(symptom, entry) for entry in known.values() for symptom in entry.symptoms]
    parts += [f"- `{_code(symptom)}` {_link(entry)}\n" for symptom, entry in sorted(pairs, key=_by_text)]
    return "".join(parts)


def _row(entry: Entry) -> str:
    tried = ", ".join(entry.hosts) if entry.hosts else f"not executed here: {entry.because}"
    return f"| [{entry.title}]({_path(entry)}) | {MARKS[entry.fix]} | {tried} |\n"


def _link(entry: Entry) -> str:
    return f"[{entry.slug}]({_path(entry)})"


def _path(entry: Entry) -> str:
    return f"{entry.slug}/README.md"


def _code(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")


def _by_text(pair: tuple[str, Entry]) -> tuple[str, str]:
    return pair[0].lower().lstrip("[({<'\"*# "), pair[1].slug
