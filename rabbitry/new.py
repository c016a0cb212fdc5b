"""The verb `new`: writes the starting inventory of an environment, from the files in rabbitry/templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rabbitry import report
from rabbitry.environment import ROOT, SUFFIXES
from rabbitry.errors import Fault, StackError

# templates/<kind>/ holds what is written, by its path from the root; `NAME` becomes the name.
TEMPLATES = Path(__file__).parent / "templates"
PLACEHOLDER = re.compile(r"\bNAME\b")
# What `--env` takes, without what Ansible warns of in the name of a group.
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
# Names that mean something already, by what they mean.
TAKEN = {
    "an environment of this repository": {"local", "example"},
    "a group or a host of every inventory": {"all", "ungrouped", "localhost"},
    "a group of the stack": {"brokers", "backends", "workers", "scheduler", "dashboard"},
    "a folder of inventory/": {"group_vars", "host_vars"},
    "an account of the broker": {"admin", "guest", "monitor"},
    "no text in YAML": {"false", "no", "null", "off", "on", "true", "yes"},
}


def new(words: Sequence[str], root: Path = ROOT) -> None:
    """Write the files of `new KIND NAME` below `root` and say what comes next.

    StackError names everything that is wrong, and then nothing was written; no file is ever overwritten.
    """
    if len(words) != 2:
        raise StackError(f"`new` takes what to write and its name: there is {listed()}", "./inv new app shop")
    kind, name = words
    faults = [*_faults_of_kind(kind, name), *_faults_of_name(kind, name)]
    texts = {} if faults else {root / path: text for path, text in files(kind, name).items()}
    faults += [_there(path, root) for target in texts for path in _namesakes(target)]
    if faults:
        raise StackError.of(faults)
    _write(texts)
    report.table(
        [*(("wrote", str(path.relative_to(root))) for path in texts), ("next", f"./inv up --env {name}")]
    )


def kinds() -> list[str]:
    """What there are templates of, sorted."""
    return sorted(path.name for path in TEMPLATES.iterdir() if path.is_dir())


def listed() -> str:
    """The kinds for a message."""
    return ", ".join(f"`{kind}`" for kind in kinds())


def files(kind: str, name: str) -> Mapping[Path, str]:
    """The text of each file of a kind, by its path from the root, with `name` filled in."""
    folder = TEMPLATES / kind
    return {
        Path(PLACEHOLDER.sub(name, str(path.relative_to(folder)))): PLACEHOLDER.sub(
            name, path.read_text(encoding="utf-8")
        )
        for path in sorted(folder.rglob("*.yml"), key=lambda path: (len(path.parts), path))
    }


def _faults_of_kind(kind: str, name: str) -> Iterator[Fault]:
    if kind not in kinds():
        yield Fault(f"`{kind}` is nothing that `new` writes: there is {listed()}", _command(kind, name))


def _faults_of_name(kind: str, name: str) -> Iterator[Fault]:
    if not NAME.fullmatch(name):
        form = "lower-case letters, digits or `_`, a letter first, at most 64"
        yield Fault(f"the name `{name}` must be {form}", _command(kind, name))
    for meaning, names in TAKEN.items():
        if name in names:
            yield Fault(f"the name `{name}` is taken: it is {meaning}", _command(kind, name))


def _command(kind: str, name: str) -> str:
    """The command that was meant, as far as it can be guessed."""
    plain = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_").lstrip("0123456789_")[:60] or "shop"
    if any(plain in names for names in TAKEN.values()):
        plain += "_app"
    return f"./inv new {kind if kind in kinds() else kinds()[0]} {plain}"


def _namesakes(target: Path) -> list[Path]:
    """What Ansible or `--env` would read instead of `target`, or beside it."""
    paths = [target.with_suffix(suffix) for suffix in SUFFIXES]
    return [path for path in paths if path.exists() or path.is_symlink()]


def _there(path: Path, root: Path) -> Fault:
    shown = path.relative_to(root)
    return Fault(
        f"`{shown}` is there already: nothing is overwritten",
        f"ls {shown}" if path.is_dir() else f"$EDITOR {shown}",
    )


def _write(texts: Mapping[Path, str]) -> None:
    written: list[Path] = []
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            # "x": a file that came between the look and now is kept.
            with path.open("x", encoding="utf-8") as stream:
                written.append(path)
                stream.write(text)
    except OSError as error:
        for path in written:
            path.unlink()
        raise StackError(
            f"`{error.filename}` cannot be written: {error.strerror}", f"ls -ld {Path(error.filename).parent}"
        ) from error
