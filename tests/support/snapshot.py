"""Takes a picture of a test host (packages, users, files, units, processes, ports) and compares two."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tests.support.hosts import Host

Parts = dict[str, dict[str, object]]

# Paths whose change says nothing about what was installed, each with its reason.
IGNORED = {
    "/proc|/sys|/dev|/run|/tmp": "not on a disk",
    "/etc/(hostname|hosts|resolv.conf|mtab)": "Docker's",
    "/etc/machine-id|/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?": "compared as users and groups",
    "/etc/ld.so.cache|/var/cache/ldconfig/.*": "rebuilt by each package run",
    "/var/(cache|lib|log)/apt/.*|/var/log/(dpkg|alternatives|fontconfig).*": "the packager's diary",
    "/var/lib/dpkg/.*|/var/cache/debconf/.*": "compared as packages",
    "/var/log/journal/.*|/var/log/(btmp|wtmp|lastlog|faillog)": "the system's diary",
    "/var/lib/systemd/.*|/var/lib/dbus/machine-id|/var/lib/logrotate/.*": "written by systemd and timers",
    "/var/tmp/systemd-private-.*": "one for each start of a sandboxed unit",
    "/root/.cache": "the downloads that test hosts share",
    ".*/__pycache__": "made and remade by whoever imports",
}


@dataclass(frozen=True)
class Snapshot:
    """What one host had at one moment; `parts` maps packages, users, ... to name -> what identifies it."""

    parts: Parts

    @classmethod
    def of(cls, host: Host, *ignore: str) -> Snapshot:
        """Look at `host`; `ignore` are paths (regular expressions) that this test leaves out too."""
        skip = "|".join(f"(?:{path})(?:/.*)?$" for path in (*IGNORED, *map(re.escape, ignore)))
        source = (Path(__file__).parent / "host_facts.py").read_text()
        return cls(cast(Parts, host.script(source, skip, seconds=120)))

    def changes_to(self, later: Snapshot, *parts: str) -> list[str]:
        """List what differs, one line each: "files: + /etc/x", "users: - y", "packages: ~ z: old -> new"."""
        lines = []
        for part in parts or self.parts:
            before, after = self.parts[part], later.parts[part]
            for name in sorted(before.keys() | after.keys()):
                if name not in before:
                    lines.append(f"{part}: + {name} ({after[name]})")
                elif name not in after:
                    lines.append(f"{part}: - {name}")
                elif before[name] != after[name]:
                    lines.append(f"{part}: ~ {name}: {before[name]} -> {after[name]}")
        return lines


def ports_of(snapshot: Snapshot) -> set[int]:
    """Return the numbers of the TCP ports that something listens on."""
    return {int(name.rsplit(":", 1)[1]) for name in snapshot.parts["ports"] if name.startswith("tcp")}
