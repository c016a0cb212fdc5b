"""Programs that run in a test host beside the test, and the ledgers that they print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.hosts import Host

FOLDER = Path(__file__).parents[1] / "flow"


@contextmanager
def program(host: Host, name: str, command: str, user: str) -> Iterator[str]:
    """Run a program of tests/flow in the background of a host; yield the file that has what it prints."""
    output = f"/srv/{name}.out"
    host.write(f"/srv/{name}.py", (FOLDER / f"{name}.py").read_text())
    options = [f"--unit={name}", f"--uid={user}", "--collect", f"--property=StandardOutput=truncate:{output}"]
    host.run(["systemd-run", *options, "sh", "-c", command])
    try:
        yield output
        # One that ended by itself said nothing of what came later.
        host.run(["systemctl", "is-active", name])
    finally:
        host.run(["systemctl", "stop", name], check=False)


def entries(host: Host, path: str, word: str) -> list[str]:
    """What a program said behind `word`, line by line."""
    pairs = (line.partition(" ") for line in host.read(path).splitlines())
    return [rest for first, _, rest in pairs if first == word]
