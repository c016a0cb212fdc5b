"""The processes of this machine, and which of them are a beat that nobody declared."""

from __future__ import annotations

import inspect
import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from rabbitry import host
from rabbitry.errors import StackError

# On the command line of the beat that Rabbitry started, see roles/celery_beat.
OURS = "rabbitry_beat:scheduler"
PATIENCE = 10.0


def running(proc: Path = Path("/proc")) -> list[tuple[int, list[str]]]:
    """Process numbers and command lines; processes of containers on this machine are left out.

    A Mac has no /proc: there `ps` is asked, which separates words by blanks.
    """
    if host.is_mac():
        lines = host.run(["ps", "-A", "-ww", "-o", "pid=,args="]).output.splitlines()
        return [(int(words[0]), words[1:]) for words in (line.split() for line in lines) if words]
    return _of_linux(proc)


def running_there(python: Sequence[str]) -> list[tuple[int, list[str]]]:
    """The same of another machine with Linux, where `python` runs what it reads; StackError if it fails."""
    source = (
        "from __future__ import annotations\nimport json, sys\nfrom pathlib import Path\n"
        f"{inspect.getsource(_of_linux)}\njson.dump(_of_linux(Path('/proc')), sys.stdout)\n"
    )
    answer = host.run(python, stdin=source, timeout=PATIENCE)
    if answer.code:
        raise StackError(answer.lines[-1] if answer.lines else "no answer", shlex.join(python))
    return [(int(pid), words) for pid, words in json.loads(answer.output)]


def _of_linux(proc: Path) -> list[tuple[int, list[str]]]:
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
    return [pid for pid, words in processes if is_beat(words, module) and OURS not in words]


def is_beat(words: Sequence[str], module: str) -> bool:
    """Whether a command line is that of a beat of the application `module`, or of a worker with one in it."""
    if application(words) != module or not any(Path(word).name == "celery" for word in words[:3]):
        return False
    # A worker's queue may be named beat.
    return bool({"-B", "--beat"} & set(words)) if "worker" in words else "beat" in words


def application(words: Sequence[str]) -> str:
    """The value of -A or --app on a command line, or ""."""
    for number, word in enumerate(words):
        if word in ("-A", "--app"):
            return words[number + 1] if number + 1 < len(words) else ""
        if word.startswith("--app="):
            return word.removeprefix("--app=")
        if word.startswith("-A"):
            return word.removeprefix("-A")
    return ""
