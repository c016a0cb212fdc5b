"""Builds the images of the test hosts from Debian's own packages, so that no image registry is needed."""

from __future__ import annotations

import calendar
import fcntl
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from tests.support.docker import docker, run, why_not

Suite = Literal["bookworm", "trixie"]
SUITES: tuple[Suite, ...] = ("bookworm", "trixie")

# A bare Debian machine as README asks for it (python3 with venv, git, a system CA store) plus an init system.
PACKAGES = (
    "ca-certificates",
    "dbus",
    "git",
    "python3",
    "python3-venv",
    "sudo",
    "systemd",
    "systemd-sysv",
)
# Their archives (not the packages) are in the warm image, with what they depend on.
WARM_PACKAGES = ("rabbitmq-server", "redis-server", "supervisor")
MACHINE_CA = Path("/usr/local/share/ca-certificates")
# Package lists age: an image older than this is built again.
DAYS = 5
KEY = "rabbitry.key"

INCLUDES = (
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
)
# Debian's image leaves nothing of the machine that built it behind; a host name is Docker's to give.
CLEANUP = 'rm -f "$1/etc/hostname" "$1/etc/resolv.conf" "$1/var/lib/dbus/machine-id"; : > "$1/etc/machine-id"'
TRUST = (
    f'mkdir -p "$1{MACHINE_CA}" && cp {MACHINE_CA}/*.crt "$1{MACHINE_CA}/"'
    ' && chroot "$1" update-ca-certificates >/dev/null 2>&1'
)


def why_not_built() -> str | None:
    """Say in one line what is missing to have the images; None when they can be had."""
    if reason := why_not():
        return reason
    if shutil.which("mmdebstrap") is None and any(_key_of(tag(suite)) != _base_key() for suite in SUITES):
        return (
            "mmdebstrap is not installed, and builds the images of the test hosts: apt-get install mmdebstrap"
        )
    return None


def tag(suite: Suite, warm: bool = False) -> str:
    """Return the image's name."""
    return f"rabbitry-test:{suite}" + ("-warm" if warm else "")


def ensure(suite: Suite) -> str:
    """Return the name of the warm image of `suite`; build it and its base when absent, changed or old."""
    with _locked(suite):
        base_key = _base_key()
        if _key_of(tag(suite)) != base_key:
            _build_base(suite, base_key)
        warm_key = _digest(base_key, *WARM_PACKAGES)
        if _key_of(tag(suite, warm=True)) != warm_key:
            _build_warm(suite, warm_key)
    return tag(suite, warm=True)


def _build_base(suite: Suite, key: str) -> None:
    """Bootstrap a minimal Debian with an init system and the CA certificates that this machine trusts."""
    hooks = [f"--customize-hook={CLEANUP}"]
    if _machine_certificates():
        hooks.append(f"--customize-hook={TRUST}")
    with tempfile.TemporaryDirectory(prefix="rabbitry-image-") as folder:
        archive = Path(folder) / f"{suite}.tar"
        packages = f"--include={','.join(PACKAGES)}"
        run(
            ["mmdebstrap", "--variant=minbase", packages, *INCLUDES, *hooks, suite, str(archive)], seconds=600
        )
        changes = ["-c", 'CMD ["/lib/systemd/systemd"]', "-c", f"LABEL {KEY}={key}"]
        docker("import", *changes, str(archive), tag(suite), seconds=180)


def _build_warm(suite: Suite, key: str) -> None:
    """Add the package lists and the archives that the stack installs, as an earlier install left them."""
    name = f"rabbitry-warm-{suite}-{key}"
    docker("rm", "-f", name, check=False)
    install = "apt-get install -y --no-install-recommends --download-only"
    fetch = f"apt-get update && {install} {' '.join(WARM_PACKAGES)}"
    try:
        docker("run", "--name", name, tag(suite), "sh", "-ec", fetch, seconds=300)
        docker(
            "commit",
            "-c",
            'CMD ["/lib/systemd/systemd"]',
            "-c",
            f"LABEL {KEY}={key}",
            name,
            tag(suite, warm=True),
        )
    finally:
        docker("rm", "-f", name, check=False)


def _key_of(image: str) -> str | None:
    """Return the key an image was built with, None when there is no such image or it is too old."""
    seen = docker("image", "inspect", image, check=False)
    if seen.rc != 0:
        return None
    facts: dict[str, Any] = json.loads(seen.out)[0]
    built = calendar.timegm(time.strptime(facts["Created"][:19], "%Y-%m-%dT%H:%M:%S"))
    labels: dict[str, str] = facts["Config"].get("Labels") or {}
    return labels.get(KEY) if time.time() - built < DAYS * 86400 else None


def _base_key() -> str:
    certificates = [path.read_text() for path in _machine_certificates()]
    return _digest(*PACKAGES, *INCLUDES, CLEANUP, TRUST, *certificates)


def _machine_certificates() -> list[Path]:
    return sorted(MACHINE_CA.glob("*.crt"))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@contextmanager
def _locked(suite: Suite) -> Iterator[None]:
    """Let one of several test processes build while the others wait."""
    with (Path(tempfile.gettempdir()) / f"rabbitry-image-{suite}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
