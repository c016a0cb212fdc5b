"""Makes the images of the test hosts: from the ordinary ones of a registry, or from Debian's own packages."""

from __future__ import annotations

import calendar
import fcntl
import functools
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.docker import docker, run, why_not
from tests.support.systems import MACHINE_CA, SYSTEMS, Suite, System

# Those that can be built without a registry, and that the tests of the whole stack run on.
SUITES: tuple[Suite, ...] = ("bookworm", "trixie")
# Package lists age: an image older than this is built again.
DAYS = 5
PULL_SECONDS = 180
KEY, ORIGIN = "rabbitry.key", "rabbitry.origin"
BOOT = ("-c", 'CMD ["/lib/systemd/systemd"]')

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
# The mirror that a machine was given may lag behind what Debian signs for its testing suite.
LATE = ("testing", 'Acquire::Check-Valid-Until "false"')


def why_not_built() -> str | None:
    """Say in one line what is missing to have the images; None when they can be had."""
    if reason := why_not():
        return reason
    if shutil.which("mmdebstrap") is None:
        missing = [suite for suite in SUITES if _label(tag(suite), KEY) != _base_key(suite)]
        if not all(_has_ordinary(SYSTEMS[suite]) for suite in missing):
            return (
                "no registry has the images of the test hosts, and mmdebstrap, which builds them, is not"
                " installed: apt-get install mmdebstrap"
            )
    return None


def tag(suite: Suite, warm: bool = False, extra: tuple[str, ...] = ()) -> str:
    """Return the image's name; `extra` are the packages that it has beyond a bare machine's."""
    return "-".join([f"rabbitry-test:{suite}", *(["warm"] if warm else []), *extra])


def ensure(suite: Suite, extra: tuple[str, ...] = ()) -> str:
    """Return the name of the warm image of `suite`; build it and its base when absent, changed or old.

    `extra` names packages (`openssh-server`, `zsh`): they make an image of their own on top of the warm one,
    so that hosts which did not ask for them have none of their users, processes and ports.
    """
    system, extra = SYSTEMS[suite], tuple(sorted(extra))
    with _locked(suite):
        key = _base_key(suite)
        if _label(tag(suite), KEY) != key:
            _build_base(suite, key)
        warm, key = tag(suite, warm=True), _digest(key, system.warm())
        if _label(warm, KEY) != key:
            _layer(tag(suite), warm, key, system.warm())
        name, key = tag(suite, warm=True, extra=extra), _digest(key, *extra)
        if extra and _label(name, KEY) != key:
            _layer(warm, name, key, system.install(extra))
    return name


def origin(suite: Suite) -> str:
    """Say what the image of `suite` was made from: `debian:trixie-slim`, or `mmdebstrap trixie`."""
    return _label(tag(suite), ORIGIN) or "nothing: it is not built yet"


def _build_base(suite: Suite, key: str) -> None:
    """Make a bare machine of the ordinary image if this engine has or can get it, else by mmdebstrap."""
    system = SYSTEMS[suite]
    if system.debian and not _has_ordinary(system):
        _bootstrap(suite, system.debian, key)
        return
    if not system.debian:
        docker("pull", "--quiet", system.image, seconds=PULL_SECONDS)
    labels = ("-c", f"LABEL {ORIGIN}={system.image}")
    _layer(system.image, tag(suite), key, system.setup(), *labels, certificates=_machine_certificates())


@functools.cache
def _has_ordinary(system: System) -> bool:
    """Say whether this engine has the ordinary image, or got it from a registry just now."""
    if docker("image", "inspect", system.image, check=False).rc == 0:
        return True
    return docker("pull", "--quiet", system.image, seconds=PULL_SECONDS, check=False).rc == 0


def _bootstrap(suite: Suite, debian: str, key: str) -> None:
    """Bootstrap a minimal Debian with an init system and the CA certificates that this machine trusts."""
    hooks = [f"--customize-hook={CLEANUP}"]
    if _machine_certificates():
        hooks.append(f"--customize-hook={TRUST}")
    if debian == LATE[0]:
        hooks.append(f"--aptopt={LATE[1]}")
    with tempfile.TemporaryDirectory(prefix="rabbitry-image-") as folder:
        archive = Path(folder) / f"{suite}.tar"
        packages = f"--include={','.join(SYSTEMS[suite].packages)}"
        run(
            ["mmdebstrap", "--variant=minbase", packages, *INCLUDES, *hooks, debian, str(archive)],
            seconds=600,
        )
        labels = ["-c", f"LABEL {KEY}={key}", "-c", f'LABEL {ORIGIN}="mmdebstrap {debian}"']
        docker("import", *BOOT, *labels, str(archive), tag(suite), seconds=180)


def _layer(
    base: str, name: str, key: str, line: str, *changes: str, certificates: tuple[Path, ...] = ()
) -> None:
    """Run a shell line in `base` and keep what became of it as the image `name`."""
    container = f"rabbitry-layer-{name.partition(':')[2]}-{key}"
    docker("rm", "-f", container, check=False)
    try:
        docker("create", "--name", container, "--entrypoint", "", base, "sh", "-ec", line)
        if certificates:
            docker("cp", f"{MACHINE_CA}/.", f"{container}:{MACHINE_CA}")
        docker("start", "--attach", container, seconds=400)
        docker("commit", *BOOT, "-c", f"LABEL {KEY}={key}", *changes, "-c", "ENTRYPOINT []", container, name)
    finally:
        docker("rm", "-f", container, check=False)


def _label(image: str, name: str) -> str | None:
    """Return a label of an image, None when there is no such image or label, or it is too old."""
    seen = docker("image", "inspect", image, check=False)
    if seen.rc != 0:
        return None
    facts: dict[str, Any] = json.loads(seen.out)[0]
    built = calendar.timegm(time.strptime(facts["Created"][:19], "%Y-%m-%dT%H:%M:%S"))
    labels: dict[str, str] = facts["Config"].get("Labels") or {}
    return labels.get(name) if time.time() - built < DAYS * 86400 else None


def _base_key(suite: Suite) -> str:
    certificates = [path.read_text() for path in _machine_certificates()]
    late = LATE if SYSTEMS[suite].debian == LATE[0] else ()
    return _digest(SYSTEMS[suite].setup(), *INCLUDES, *late, CLEANUP, TRUST, *certificates)


def _machine_certificates() -> tuple[Path, ...]:
    return tuple(sorted(MACHINE_CA.glob("*.crt")))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@contextmanager
def _locked(suite: Suite) -> Iterator[None]:
    """Let one of several test processes build while the others wait."""
    with (Path(tempfile.gettempdir()) / f"rabbitry-image-{suite}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


__all__ = ["SUITES", "Suite", "ensure", "origin", "tag", "why_not_built"]
