"""Collects what a test host can tell after a failure, so that the report is enough to understand it."""

from __future__ import annotations

from tests.support.checkout import CLONE
from tests.support.hosts import Host

# One shell line each: what there is differs between supervisors and stages, and nothing here may fail.
COMMANDS = {
    "failed units": "systemctl --failed --no-legend --plain 2>/dev/null",
    "journal": "journalctl -n 80 --no-pager -o short-monotonic 2>/dev/null",
    "programs": "supervisorctl -c /etc/rabbitry/supervisord.conf status 2>/dev/null",
    "service logs": "tail -n 30 /var/log/r*/*.log 2>/dev/null",
    "verbs' logs": f"tail -n 60 {CLONE}/.state/*/log/* /home/*/rabbitry/.state/*/log/* 2>/dev/null",
    "processes": "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done | grep . | cut -c1-200",
}


def collect(host: Host) -> str:
    """Return the evidence as text, one headed block for each command that said anything."""
    blocks = []
    for title, command in COMMANDS.items():
        text = host.run(command, seconds=20, check=False).text.strip()
        if text:
            blocks.append(f"--- {host.name}: {title}\n{text}")
    return "\n".join(blocks)
