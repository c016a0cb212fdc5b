"""Starts and removes the test host of a scenario: `python -m tests.molecule.instance create PLATFORM FILE`.

FILE is molecule's list of instances; beside it lie the key and the known host that ssh uses.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import yaml

from tests.molecule.platforms import platforms
from tests.support import images
from tests.support.docker import docker, run
from tests.support.hosts import Host
from tests.support.wait import wait_until

ADDRESS = "127.0.0.1"
HOST_KEY = "cat /etc/ssh/ssh_host_ed25519_key.pub"
SSHD = "mkdir -p /run/sshd && exec /usr/sbin/sshd"


def create(platform: str, file: Path) -> None:
    """Start a host that the machine reaches by ssh with a fresh key, and write down how.

    The port is published on loopback: where Docker runs in a machine of its own, addresses of containers
    cannot be reached.
    """
    row = platforms()[platform]
    key = file.with_name("id_ed25519")
    for old in (key, key.with_suffix(".pub")):
        old.unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "molecule", "-f", str(key)], seconds=20)
    host = Host.start(
        row.suite,
        row.boot,
        label="molecule",
        extra=("openssh-server",),
        # This process ends now; who runs the scenario may be there as long as its host is needed.
        owner=int(os.environ.get("RABBITRY_OWNER", "0")),
        options=["--publish", f"{ADDRESS}::22"],
    )
    try:
        port = _open_ssh(host, key.with_suffix(".pub").read_text(), file.with_name("known_hosts"))
    except AssertionError:
        host.remove()
        raise
    entry = {
        "instance": platform,
        "address": ADDRESS,
        "port": port,
        "user": "root",
        "identity_file": str(key),
        "container": host.name,
    }
    file.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    print(f"{host.name} from {images.origin(row.suite)}")


def destroy(file: Path) -> None:
    """Remove the hosts that FILE names, and the file."""
    for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
        docker("rm", "-f", "-v", entry["container"])
    file.unlink()


def _open_ssh(host: Host, public: str, known_hosts: Path) -> int:
    """Let the key in; return the port here behind which sshd answers."""
    host.write("/root/.ssh/authorized_keys", public, mode="0600")
    if host.boot == "noinit":
        host.run(SSHD)
    port = int(docker("port", host.name, "22/tcp").out.split("\n")[0].rpartition(":")[2])
    # Some systems make it when sshd starts for the first time.
    public_key = wait_until(lambda: host.run(HOST_KEY, check=False).out, 30, "the host has a key")
    kind, key = public_key.split()[:2]
    known_hosts.write_text(f"[{ADDRESS}]:{port} {kind} {key}\n", encoding="utf-8")
    return port


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["create", platform, file]:
            create(platform, Path(file))
        case ["destroy", file]:
            destroy(Path(file))
        case _:
            sys.exit(__doc__)
