"""What containers have said and say: several at once, each line with the name of its service."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence

from rabbitry.containers import by_service, client, lines
from rabbitry.environment import Environment


def logs(environment: Environment, services: Sequence[str], count: int) -> Iterator[str]:
    """The last lines of some services, each service after the other, its name before its lines."""
    found = by_service(environment, client())
    for name in services:
        for line in lines(found[name], count) if name in found else []:
            yield f"{name} | {line}" if len(services) > 1 else line


def follow(environment: Environment, services: Sequence[str], count: int) -> Iterator[str]:
    """The same, and what comes, as it comes; until nobody listens any more or all containers have ended."""
    found = by_service(environment, client())
    heard: queue.Queue[str | None] = queue.Queue()
    chosen = [name for name in services if name in found]

    def hear(name: str) -> None:
        rest = b""
        for chunk in found[name].logs(tail=count, stream=True, follow=True):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                text = line.decode(errors="replace")
                heard.put(f"{name} | {text}" if len(chosen) > 1 else text)
        heard.put(None)

    for name in chosen:
        threading.Thread(target=hear, args=(name,), daemon=True).start()
    left = len(chosen)
    while left:
        line = heard.get()
        if line is None:
            left -= 1
        else:
            yield line
