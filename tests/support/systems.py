"""Which operating systems test hosts can be made of, and how a bare image of each becomes a machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Suite = Literal[
    "bookworm", "trixie", "testing", "ubuntu-22.04", "ubuntu-24.04", "rhel-9", "rhel-10", "fedora"
]

# What this machine trusts beyond the public authorities; test hosts trust the same.
MACHINE_CA = Path("/usr/local/share/ca-certificates")

# A bare machine as README asks for it (Python with venv, git, a CA store) plus an init system.
DEBIAN = ("ca-certificates", "dbus", "git", "python3", "python3-venv", "sudo", "systemd", "systemd-sysv")
RED_HAT = ("ca-certificates", "git", "procps-ng", "sudo", "systemd")
# Their archives (not the packages) are in the warm image, with what they depend on.
WARM = ("rabbitmq-server", "redis-server", "supervisor")

APT_INSTALL = "apt-get install -y --no-install-recommends"
# An image for containers keeps services from starting and archives from staying; a machine does neither.
APT_SETUP = (
    "export DEBIAN_FRONTEND=noninteractive"
    " && rm -f /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/docker-*"
    f" && apt-get update && {APT_INSTALL} {{packages}}"
    " && update-ca-certificates"
)
DNF_SETUP = (
    "mkdir -p {certificates}"
    " && find {certificates} -name '*.crt' -exec cp {{}} /etc/pki/ca-trust/source/anchors/ ';'"
    " && update-ca-trust"
    " && dnf install -y --setopt=install_weak_deps=False --allowerasing {packages}"
)


@dataclass(frozen=True)
class System:
    """One operating system: its ordinary image, what a machine has on top, and who can build it otherwise.

    `debian` is the suite from which the image is built where no registry answers; empty: only the registry.
    """

    image: str
    packages: tuple[str, ...]
    manager: Literal["apt", "dnf"] = "apt"
    debian: str = ""

    def setup(self) -> str:
        """Return the shell line that makes a machine of the bare image."""
        line = APT_SETUP if self.manager == "apt" else DNF_SETUP
        return line.format(packages=" ".join(self.packages), certificates=MACHINE_CA)

    def install(self, packages: tuple[str, ...]) -> str:
        """Return the shell line that installs packages."""
        names = " ".join(packages)
        if self.manager == "dnf":
            return f"dnf install -y --setopt=install_weak_deps=False {names}"
        return f"export DEBIAN_FRONTEND=noninteractive && apt-get update && {APT_INSTALL} {names}"

    def warm(self) -> str:
        """Return the shell line that leaves package lists (and archives) as an earlier install left them."""
        if self.manager == "dnf":
            return "dnf makecache"
        return f"apt-get update && {APT_INSTALL} --download-only {' '.join(WARM)}"


SYSTEMS: dict[Suite, System] = {
    "bookworm": System("debian:bookworm-slim", DEBIAN, debian="bookworm"),
    "trixie": System("debian:trixie-slim", DEBIAN, debian="trixie"),
    "testing": System("debian:testing-slim", DEBIAN, debian="testing"),
    # The system's own Python is older than the 3.11 that modules need.
    "ubuntu-22.04": System("ubuntu:22.04", (*DEBIAN, "python3.11", "python3.11-venv")),
    "ubuntu-24.04": System("ubuntu:24.04", DEBIAN),
    "rhel-9": System("rockylinux:9", (*RED_HAT, "python3.11"), "dnf"),
    "rhel-10": System("almalinux:10", (*RED_HAT, "python3"), "dnf"),
    "fedora": System("fedora:43", (*RED_HAT, "python3"), "dnf"),
}
