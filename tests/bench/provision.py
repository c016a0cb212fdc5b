"""Measures a cold and a no-change `./inv up` beside the plain script, in one run, on equal fresh hosts."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.checkout import CLONE, Checkout
from tests.support.docker import CommandFailed
from tests.support.hosts import Host
from tests.support.images import SUITES, Suite, why_not_built

SCRIPT = "tests/bench/provision.sh"
LOCK, UV = "roles/celery_app/files/locks/5.7.txt", ".venv/bin/uv"
# What is wanted: cold against the script, and seconds for a run that finds everything as it should be.
COLD_RATIO, NO_CHANGE = 1.5, 5.0
DEADLINE = 300

Seconds = dict[str, list[float]]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./inv bench provision", description=__doc__)
    parser.add_argument("--suite", choices=SUITES, default="trixie")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args(arguments)
    if reason := why_not_built():
        print(f"error: {reason}", file=sys.stderr)
        return 1
    try:
        seconds = measure(options.suite, options.repeat)
    except CommandFailed as failure:
        print(f"error: a measured command failed\n\n{failure}", file=sys.stderr)
        return 1
    figures = summarise(seconds) | {
        "suite": options.suite,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
    print(table(seconds, figures))
    if options.json:
        options.json.write_text(json.dumps(figures | {"seconds": seconds}, indent=2) + "\n")
    return 0


def measure(suite: Suite, repeat: int) -> Seconds:
    """Run both `repeat` times by turns, each on a host of its own; return the wall times of each part."""
    seconds: Seconds = {"script": [], "prepare": [], "up": [], "again": []}
    for turn in range(repeat):
        for which in ("script", "up") if turn % 2 == 0 else ("up", "script"):
            host = Host.start(suite, "systemd", label="bench")
            try:
                checkout = Checkout.clone_into(host)
                # Both hosts get the verbs' own environment: the script takes uv from there, and a machine
                # that rolls out a stack has it long before. It is shown, and is in neither figure.
                prepared = checkout.inv("--list", seconds=DEADLINE).seconds
                if which == "script":
                    command = ["bash", SCRIPT, LOCK, UV]
                    seconds["script"].append(host.run(command, cwd=CLONE, seconds=DEADLINE).seconds)
                    continue
                seconds["prepare"].append(prepared)
                seconds["up"].append(checkout.inv("up", seconds=DEADLINE).seconds)
                seconds["again"] += [checkout.inv("up", seconds=DEADLINE).seconds for _ in range(2)]
            finally:
                host.remove()
            print(f"turn {turn + 1} of {repeat}, {which}: done", file=sys.stderr, flush=True)
    return seconds


def summarise(seconds: Seconds) -> dict[str, object]:
    """Return medians (s) and the ratio of the cold runs."""
    median = {name: round(statistics.median(values), 2) for name, values in seconds.items()}
    return {"median": median, "cold_ratio": round(median["up"] / median["script"], 2)}


def table(seconds: Seconds, figures: dict[str, object]) -> str:
    """Return the figures side by side, for people."""
    titles = {
        "script": "plain script, cold",
        "up": "./inv up, cold",
        "again": "./inv up, nothing to change",
        "prepare": "(first preparation of .venv)",
    }
    lines = [f"{'':<30} {'median':>8}  all, s"]
    for name, title in titles.items():
        every = " ".join(f"{value:.1f}" for value in seconds[name])
        lines.append(f"{title:<30} {statistics.median(seconds[name]):>6.1f} s  {every}")
    again = statistics.median(seconds["again"])
    lines.append(f"cold ratio {figures['cold_ratio']} (wanted: at most {COLD_RATIO})")
    lines.append(f"no change {again:.1f} s (wanted: at most {NO_CHANGE:g} s)")
    lines.append(f"on {figures['suite']}, {figures['cores']} cores, load {figures['load']:.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
