"""The verb `smoke`: promises on the terminal as they are kept or broken, or as one JSON document."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rabbitry import report, tunnel
from rabbitry.describe import current
from rabbitry.environment import Environment
from rabbitry.promise import Promise


def smoke(
    environment: Environment, *, as_json: bool = False, junit: str = "", only: Sequence[str] = ()
) -> int:
    """Try every promise, or those with one of `only` in their names; 0 when all were kept, otherwise 1."""
    stack = current(environment)
    from rabbitry import smoke as promises

    began = time.monotonic()
    with tunnel.ways(environment, stack) as ways:
        tell = (lambda promise: None) if as_json else _tell
        pythons = tunnel.python(environment, stack)
        kept = promises.smoke(environment, junit=junit, ways=ways, pythons=pythons, only=only, tell=tell)
    seconds = time.monotonic() - began
    broken = sum(not promise.kept for promise in kept)
    if as_json:
        report.line(promises.as_json(kept, environment.name, seconds))
    else:
        verdict = f"{broken} of {len(kept)} promises broken" if broken else f"{len(kept)} promises kept"
        report.line(report.paint(f"{verdict} in {seconds:.1f} s", "red" if broken else "green"))
    return 1 if broken else 0


def _tell(promise: Promise) -> None:
    mark, colour = ("+", "green") if promise.kept else ("x", "red") if promise.tried else ("-", "dim")
    report.line(f"{report.paint(mark, colour)} {promise.name}  {promise.seconds:.2f} s")
    if not promise.kept and promise.cause:
        report.line(f"    {promise.cause}")
        if promise.hint:
            report.line(f"    hint: {promise.hint}")
