"""A test host that says it is a Mac: an ordinary user, the stand-ins, Debian's daemons to pour kegs from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.checkout import Checkout
from tests.support.hosts import Host, Result

STANDINS = Path(__file__).with_name("standins")
LIBEXEC = "/usr/local/libexec/standins"
PLATFORM = "/usr/lib/python3.13/platform.py"
HOME = "/Users/dev"
CLONE = f"{HOME}/rabbitry"
PREFIXES = {"arm64": "/opt/homebrew", "x86_64": "/usr/local"}
# The screen belongs to who sits at it: by this Homebrew and we choose launchd's domain.
SCREEN = "/dev/console"
ENVIRONMENT = {"HOME": HOME, "USER": "dev", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}
PREPARE = f"""set -e
apt-get install -y -qq --no-install-recommends rabbitmq-server redis-server >/dev/null 2>&1
useradd --create-home --home-dir {HOME} --shell /bin/bash --user-group dev
install -d -o dev -g dev "$PREFIX" {HOME}/Library {HOME}/.cache
for name in Cellar bin etc lib opt sbin share var var/db var/lib var/log var/run; do
  install -d -o dev -g dev "$PREFIX/$name"
done
cp {LIBEXEC}/brew "$PREFIX/bin/brew" && chown dev:dev "$PREFIX/bin/brew"
ln -sf {LIBEXEC}/launchctl /usr/bin/launchctl
ln -sf {LIBEXEC}/sysctl /usr/sbin/sysctl
cat {LIBEXEC}/platform_darwin.py >>{PLATFORM}
echo "$MACHINE" >/etc/standin-machine
if [ -d /root/.cache/uv ]; then cp -r /root/.cache/uv {HOME}/.cache/uv; fi
chown -R dev:dev {HOME}
"""


@dataclass(frozen=True)
class Mac:
    """The host, its Homebrew prefix, and the verbs as its user runs them."""

    host: Host
    prefix: str

    @classmethod
    def start(cls, machine: str = "arm64") -> Mac:
        host = Host.start("trixie", "noinit", label="mac", extra=("lsof", "procps"))
        try:
            mac = cls(host, PREFIXES[machine])
            host.run(["mkdir", "-p", "/usr/local/libexec"])
            host.copy_in(STANDINS, LIBEXEC)
            host.run(PREPARE, env={"PREFIX": mac.prefix, "MACHINE": machine}, seconds=240)
            mac.sit_at_screen(True)
            Checkout.clone_into(host)
            host.run(f"git clone -q file:///srv/rabbitry {CLONE} && chown -R dev:dev {CLONE}")
        except AssertionError:
            host.remove()
            raise
        return mac

    def sit_at_screen(self, there: bool) -> None:
        """The user logs in at the screen, or is there by ssh only."""
        self.host.run(f"touch {SCREEN} && chown {'dev' if there else 'root'} {SCREEN}")

    def run(self, command: str, *, seconds: float = 60, check: bool = True) -> Result:
        """Run a shell line as the user, at home."""
        return self.host.run(command, user="dev", cwd=HOME, env=ENVIRONMENT, seconds=seconds, check=check)

    def inv(self, *words: str, seconds: float = 120, check: bool = True) -> Result:
        """Run `./inv WORDS` as the user."""
        return self.host.run(
            ["./inv", *words], user="dev", cwd=CLONE, env=ENVIRONMENT, seconds=seconds, check=check
        )

    def changed(self, playbook: str = "site") -> int:
        """How many tasks of the newest run of `playbook` changed something."""
        return Checkout(self.host).changed(playbook=playbook, clone=CLONE)

    def snapshot(self) -> Mapping[str, Any]:
        """What is there of Homebrew's and the user's, apart from the checkout, and who listens."""
        paths = self.run(
            f"find {self.prefix} {HOME} -xdev -path {CLONE} -prune -o -path {HOME}/.cache -prune -o -print"
        ).out
        ports = self.run("lsof -nP -iTCP -sTCP:LISTEN -Fn | grep ^n | sort -u", check=False).out
        return {"paths": sorted(paths.splitlines()), "ports": ports.split()}
