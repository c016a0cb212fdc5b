"""The processes of this machine, and which of them are a beat that nobody declared."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

# On the command line of the beat that Rabbitry started, see roles/celery_beat.
OURS = "rabbitry_beat:scheduler"


def running(proc: Path = Path("/proc")) -> list[tuple[int, list[str]]]:
    """Process numbers and command lines; processes of containers on this machine are left out.

    Empty where there is no /proc (macOS).
    """
    found = []
    for folder in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            status = (folder / "status").read_text(errors="replace")
        except OSError:  # it has ended since
            continue
        nested = any(len(line.split()) > 2 for line in status.splitlines() if line.startswith("NSpid:"))
        if not nested:
            found.append((int(folder.name), [word for word in words if word]))
    return found


def beats(processes: Iterable[tuple[int, list[str]]], module: str) -> list[int]:
    """The processes that are a beat of the application `module`, or a worker with one in it, and not ours."""
    return [
        pid
        for pid, words in processes
        if any(Path(word).name == "celery" for word in words[:3])
        and application(words) == module
        and ("beat" in words or ("worker" in words and {"-B", "--beat"} & set(words)))
        and OURS not in words
    ]


def application(words: list[str]) -> str:
    """The value of -A or --app on a command line, or ""."""
    for number, word in enumerate(words):
        if word in ("-A", "--app"):
            return words[number + 1] if number + 1 < len(words) else ""
        if word.startswith("--app="):
            return word.removeprefix("--app=")
        if word.startswith("-A"):
            return word.removeprefix("-A")
    return ""
