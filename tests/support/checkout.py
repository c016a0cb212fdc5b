"""Puts a fresh clone of the repository into a test host and runs its verbs there, as a user would."""

from __future__ import annotations

import copy
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.hosts import Host, Result

REPOSITORY = Path(__file__).resolve().parents[2]
ORIGIN, CLONE = "/srv/rabbitry", "/root/rabbitry"
# What a terminal's user has and `docker exec` lacks; without a terminal the verbs print plain lines.
ENVIRONMENT = {"LANG": "C.UTF-8"}
COMMIT = (
    "git init -q . && git add -A && git -c user.name=test -c user.email=test@localhost commit -q -m Snapshot"
)


@dataclass(frozen=True)
class Checkout:
    """A clone at `CLONE` in `host`, made from the files that git would commit here now."""

    host: Host

    @classmethod
    def clone_into(cls, host: Host) -> Checkout:
        """Commit the working tree's files (ignored ones left out) in the host and clone that."""
        with tempfile.TemporaryFile() as archive:
            with tarfile.open(fileobj=archive, mode="w") as tar:
                for name in _files():
                    tar.add(REPOSITORY / name, arcname=name, filter=_owned_by_root)
            archive.seek(0)
            host.run(["mkdir", "-p", ORIGIN])
            host.run(["tar", "-x", "-C", ORIGIN], stdin=archive)
        host.run(COMMIT, cwd=ORIGIN)
        host.run(["git", "clone", "-q", f"file://{ORIGIN}", CLONE])
        return cls(host)

    def inv(
        self,
        *arguments: str,
        seconds: float = 120,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
    ) -> Result:
        """Run `./inv ARGUMENTS` in the clone."""
        environment = {**ENVIRONMENT, **(env or {})}
        return self.host.run(
            ["./inv", *arguments], seconds=seconds, check=check, env=environment, cwd=CLONE, stdin=stdin
        )

    def changed(self, env: str = "local", playbook: str = "site", clone: str = CLONE) -> int:
        """Return how many tasks of the newest run of `playbook` changed something, on all hosts together."""
        newest = f"ls .state/{env}/log/*-{playbook}.log | tail -n 1"
        log = self.host.run(f'cat "$({newest})"', cwd=clone).out
        counts = re.findall(r"^\S+ +: ok=\d+ +changed=(\d+)", log.partition("PLAY RECAP")[2], re.M)
        assert counts, f"the newest log of {playbook} has no recap:\n{log[-2000:]}"
        return sum(map(int, counts))

    def write_inventory(
        self, name: str, variables: Mapping[str, object], drop: Mapping[str, str] | None = None
    ) -> str:
        """Write inventory/NAME.yml, the local one with `variables` in group_vars; return its path there.

        `drop` maps a group to a host that is taken out of it.
        """
        inventory: dict[str, Any] = yaml.safe_load(self.host.read(f"{CLONE}/inventory/local.yml"))
        # Its groups share one mapping of hosts; here each gets its own.
        groups = {
            name: copy.deepcopy(group)
            for name, group in inventory["all"]["children"]["local"]["children"].items()
        }
        for group, host in (drop or {}).items():
            del groups[group]["hosts"][host]
        inventory = {"all": {"children": {name: {"children": groups}}}}
        path = f"inventory/{name}.yml"
        self.host.write(f"{CLONE}/inventory/group_vars/{name}.yml", yaml.safe_dump(dict(variables)))
        self.host.write(f"{CLONE}/{path}", yaml.safe_dump(inventory))
        return path


def _files() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, check=True, timeout=30
    ).stdout.decode()
    return [name for name in dict.fromkeys(listed.split("\0")) if name and (REPOSITORY / name).exists()]


def _owned_by_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info
