"""Measures `./inv topology` with no, some and many further queues: one pass, and passes without a change."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Sequence

from tests.support.checkout import CLONE, Checkout
from tests.support.docker import CommandFailed
from tests.support.hosts import Host
from tests.support.images import SUITES, Suite, why_not_built

LOCAL = f"{CLONE}/inventory/group_vars/local.yml"
COUNTS = (0, 100, 1000)
# What is wanted: a pass without a change costs the same for many queues as for none, and few seconds.
RATIO, NO_CHANGE = 1.5, 2.0
DEADLINE = 300

# By the number of queues: seconds of the pass that declares them, and of those that find them there.
Seconds = dict[int, tuple[float, list[float]]]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./inv bench topology", description=__doc__)
    parser.add_argument("--suite", choices=SUITES, default="trixie")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args(arguments)
    if reason := why_not_built():
        print(f"error: {reason}", file=sys.stderr)
        return 1
    try:
        seconds = measure(options.suite, options.repeat)
    except CommandFailed as failure:
        print(f"error: a measured command failed\n\n{failure}", file=sys.stderr)
        return 1
    print(table(seconds))
    print(f"on {options.suite}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return 0


def measure(suite: Suite, repeat: int) -> Seconds:
    """Bring a stack up once, then declare the queues of each count, one after the other; classic ones, for
    what a quorum queue costs is the broker's affair."""
    host = Host.start(suite, "systemd", label="bench")
    try:
        checkout = Checkout.clone_into(host)
        checkout.inv("up", seconds=DEADLINE)
        found: Seconds = {}
        for count in COUNTS:
            queues = [{"name": f"bulk.{number}", "type": "classic"} for number in range(count)]
            host.write(LOCAL, json.dumps({"stack_extra_queues": queues}))
            first = checkout.inv("topology", seconds=DEADLINE).seconds
            again = [checkout.inv("topology", seconds=DEADLINE).seconds for _ in range(repeat)]
            found[count] = (first, again)
            print(f"{count} queues: done", file=sys.stderr, flush=True)
        return found
    finally:
        host.remove()


def table(seconds: Seconds) -> str:
    """Return the figures side by side, for people."""
    lines = [f"{'further queues':>14}  {'declared in':>11}  {'no change':>9}  all, s"]
    for count, (first, again) in seconds.items():
        every = " ".join(f"{value:.1f}" for value in again)
        lines.append(f"{count:>14}  {first:>9.1f} s  {statistics.median(again):>7.1f} s  {every}")
    none, many = (statistics.median(seconds[count][1]) for count in (COUNTS[0], COUNTS[-1]))
    lines.append(f"ratio without a change {many / none:.2f} (wanted: at most {RATIO})")
    lines.append(f"no change {many:.1f} s (wanted: at most {NO_CHANGE:g} s)")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
