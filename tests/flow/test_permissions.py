"""Owners and modes: root's daemons and a chmod 777 really break the stack, and `up` and `fix` mend it.

What smells of an intrusion stops both instead, and stays as it was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from tests.support.checkout import CLONE, Checkout
from tests.support.hosts import Boot, Host, Result
from tests.support.images import Suite
from tests.support.service import HostService
from tests.support.wait import wait_until

UP, QUICK = 600, 120
MNESIA, BROKER_LOG, COOKIE = (
    "/var/lib/rabbitmq/mnesia",
    "/var/log/rabbitmq",
    "/var/lib/rabbitmq/.erlang.cookie",
)
REDIS, BEAT, FLOWER = "/var/lib/redis", "/var/lib/rabbitry/beat", "/var/lib/rabbitry/flower"
OURS = ("/opt/rabbitry", "/etc/rabbitry", "/var/lib/rabbitry", "/run/rabbitry", "/var/log/rabbitry")
BROKERS = ("/etc/rabbitmq", "/etc/redis", "/var/lib/rabbitmq", "/var/log/rabbitmq", REDIS)
# Protected since Redis 7; an intruder finds older ones, or those that somebody opened.
SETTINGS = "redis_settings: {enable-protected-configs: 'yes'}\n"
BEAT_AS_ROOT = (
    "set -a; . /etc/rabbitry/celery.env; set +a; cd /opt/rabbitry/current; "
    f"exec setsid /opt/rabbitry/venv/bin/celery -A sample beat -s {BEAT}/schedule --pidfile= "
    "-S rabbitry_beat:scheduler >/tmp/beat.log 2>&1"
)
REDIS_AS_ROOT = "cd /tmp && redis-server /etc/redis/redis.conf --daemonize yes"
# Prints {path: [mode, owner]} of everything below the arguments, links left out.
MODES = """
import json, os, sys, pathlib, stat
found = {}
for root in sys.argv[1:]:
    for folder, directories, files in os.walk(root):
        for name in [".", *files]:
            path = os.path.normpath(os.path.join(folder, name))
            info = os.lstat(path)
            if not stat.S_ISLNK(info.st_mode):
                found[path] = [f"{info.st_mode & 0o7777:04o}", f"{info.st_uid}:{info.st_gid}"]
print(json.dumps(found))
"""


@dataclass
class Site:
    """A host with a clone whose stack is broken and mended."""

    host: Host
    checkout: Checkout

    def service(self, name: str) -> HostService:
        return HostService(self.host, name)

    def shell(self, *lines: str, user: str = "root", check: bool = True) -> Result:
        """Run lines under an account, the first that fails ends it."""
        return self.host.run(["sh", "-ec", "\n".join(lines)], user=user, check=check, seconds=60)

    def redis(self, *words: str) -> str:
        password = self.host.read(f"{CLONE}/.state/local/secrets/redis").strip()
        command = ["redis-cli", "--no-auth-warning", *words]
        return self.host.run(command, env={"REDISCLI_AUTH": password}).out.strip()

    def up_with(self, umask: str) -> None:
        self.host.run(["sh", "-c", f"umask {umask} && exec ./inv up"], cwd=CLONE, seconds=UP)

    def modes(self, *paths: str) -> dict[str, list[str]]:
        found: Any = self.host.script(MODES, *paths)
        return dict(found)

    def owner(self, path: str) -> str:
        return self.host.run(["stat", "-c", "%U:%G %a", path]).out.strip()

    def break_everything(self) -> None:
        """As by hand: beat and Redis' directory as root, the broker's files restored as root, chmod 777."""
        self.break_beat()
        self.shell(f"chown root:root {REDIS}", f"chown -R root:root {REDIS}/*")
        assert self.redis("BGSAVE") == "Background saving started"
        wait_until(lambda: "MISCONF" in self.redis("SET", "a", "1"), 20, "Redis takes no writes")
        self.break_broker()
        self.shell(
            "chmod -R 777 /opt/rabbitry/lib /opt/rabbitry/releases /etc/rabbitry", f"chmod 777 {FLOWER}"
        )

    def break_beat(self) -> None:
        """A first run as root leaves a schedule that the service cannot write."""
        beat = self.service("stack-beat")
        beat.stop()
        self.shell(f"rm -f {BEAT}/schedule*", f"chown root:root {BEAT}")
        self.as_root(BEAT_AS_ROOT)
        wait_until(
            lambda: self.shell(f"ls {BEAT}/schedule*", check=False).rc == 0, 30, "beat wrote its schedule"
        )
        self.end_root("beat")
        self.try_to_start("stack-beat")
        wait_until(
            lambda: "ermission denied" in beat.logs(80) or "unable to open" in beat.logs(80), 30, "beat fails"
        )

    def break_broker(self) -> None:
        """Its log, its data and its cookie become root's or everybody's, and it does not start any more."""
        broker = self.service("rabbitmq-server")
        broker.stop()
        self.shell(f"chown -R root:root {MNESIA} {BROKER_LOG}/rabbit@*.log", f"chmod 644 {COOKIE}")
        self.try_to_start("rabbitmq-server")
        signs = ("eacces", "ermission denied", "accessible by owner only", "BOOT FAILED")
        wait_until(lambda: any(sign in broker.logs(200) for sign in signs), 30, "the broker fails")

    def try_to_start(self, name: str) -> None:
        """Start a service that cannot; its supervisor says so, or tries again for ever."""
        command = ["systemctl", "start", name]
        if self.host.boot == "noinit":
            command = ["supervisorctl", "-c", "/etc/rabbitry/supervisord.conf", "start", name]
        self.host.run(command, seconds=60, check=False)

    def as_root(self, line: str) -> None:
        """Start a daemon in the background, as from a terminal."""
        self.host.run(["sh", "-c", f"({line}) </dev/null >/dev/null 2>&1 &"])

    def end_root(self, word: str) -> None:
        """End root's daemons whose command line has the word."""
        self.shell(
            "for path in /proc/[0-9]*; do",
            '  [ "$(stat -c %u $path)" = 0 ] || continue',
            f"  tr '\\0' ' ' <$path/cmdline | grep -Eq '(celery|redis-server) .*{word}' || continue",
            "  kill ${path##*/}; while [ -d $path ]; do :; done",
            "done",
        )

    def assert_mended(self) -> None:
        """Everything is its service's again, and works: `up` and `fix` have proven the queues."""
        owners = {path: self.owner(path) for path in (REDIS, MNESIA, BEAT, FLOWER, "/opt/rabbitry/lib")}
        assert owners == {
            REDIS: "redis:redis 750",
            MNESIA: "rabbitmq:rabbitmq 750",
            BEAT: "celery:celery 750",
            FLOWER: "celery:celery 750",
            "/opt/rabbitry/lib": "root:root 755",
        }
        assert self.owner(COOKIE) in ("rabbitmq:rabbitmq 400", "rabbitmq:rabbitmq 600")
        assert self.owner("/etc/rabbitry/celery.env") == "root:celery 640"
        assert self.redis("SET", "a", "2") == "OK"
        for name in ("rabbitmq-server", "redis-server", "stack-beat", "stack-flower"):
            wait_until(self.service(name).is_running, 30, f"{name} runs")

    def refused(self, *verb: str) -> str:
        """What a verb says that must fail."""
        result = self.checkout.inv(*verb, seconds=UP, check=False)
        assert result.rc not in (0, 124), result
        assert "Traceback" not in result.text, result
        return result.text


@pytest.fixture(scope="class")
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    host = Host.start(*request.cls.kind, label="permissions")
    try:
        checkout = Checkout.clone_into(host)
        host.write(f"{CLONE}/inventory/group_vars/local.yml", SETTINGS)
        yield Site(host, checkout)
    finally:
        host.remove()


class Steps:
    """The steps, in their order; each class below takes them on a host of its own."""

    kind: ClassVar[tuple[Suite, Boot]]

    def test_modes_do_not_depend_on_the_umask(self, site: Site) -> None:
        site.up_with("077")
        before = site.modes(*OURS, *BROKERS, f"{CLONE}/.state")
        open_to_others = [path for path, (mode, _) in before.items() if int(mode, 8) & 0o022]
        assert open_to_others == []
        site.checkout.inv("destroy", "--yes", seconds=180)
        site.up_with("000")
        after = site.modes(*OURS, *BROKERS, f"{CLONE}/.state")
        common = before.keys() & after.keys()
        assert len(common) > 1000
        assert {path: (before[path], after[path]) for path in common if before[path] != after[path]} == {}
        assert [path for path in after if int(after[path][0], 8) & 0o022] == []

    def test_up_mends_what_root_and_chmod_left_behind(self, site: Site) -> None:
        site.break_everything()
        site.checkout.inv("up", seconds=UP)
        assert site.checkout.changed() > 0
        site.assert_mended()
        site.checkout.inv("up", seconds=QUICK)
        assert site.checkout.changed() == 0

    def test_fix_permissions_mends_it_too(self, site: Site) -> None:
        site.break_everything()
        plan = site.checkout.inv("fix", "permissions", "--check", seconds=QUICK).text
        assert f"{REDIS}: root:root 0750 -> redis:redis 0750" in plan
        assert site.owner(REDIS) == "root:root 750"
        done = site.checkout.inv("fix", "permissions", "--yes", seconds=UP).text
        assert "Redis at 127.0.0.1:6379: cannot save -> saved" in done
        site.assert_mended()
        assert (
            "localhost: nothing put right"
            in site.checkout.inv("fix", "permissions", "--yes", seconds=UP).text
        )
        site.checkout.inv("up", seconds=QUICK)
        assert site.checkout.changed() == 0

    def test_daemons_that_root_runs_by_hand_are_named_and_not_killed(self, site: Site) -> None:
        site.service("redis-server").stop()
        site.service("stack-beat").stop()
        site.as_root(BEAT_AS_ROOT)
        site.shell(REDIS_AS_ROOT)
        for verb in (("up",), ("fix", "permissions", "--yes")):
            text = site.refused(*verb)
            assert "celery beat` (pid " in text
            assert "redis-server" in text and "by hand" in text
            assert "hint: sudo kill " in text
        site.end_root("beat")
        site.end_root("redis.conf")
        site.checkout.inv("up", seconds=UP)
        site.assert_mended()

    def test_planted_links_are_told_and_nothing_of_their_services_is_touched(self, site: Site) -> None:
        shadow = site.owner("/etc/shadow")
        planted = {"redis": f"{REDIS}/x.rdb", "celery": f"{BEAT}/schedule.old"}
        for user, path in planted.items():
            site.shell(f"su -s /bin/sh {user} -c 'ln -s /etc/shadow {path}'")
        site.shell(f"chmod 777 {REDIS} {BEAT} {FLOWER}")
        for verb in (("up",), ("fix", "permissions", "--yes")):
            text = site.refused(*verb)
            for path in planted.values():
                assert f"`{path}` is a link to `/etc/shadow`: that smells of an intrusion" in text
            assert "take the host off the net" in text and "chown" not in text
            assert site.owner("/etc/shadow") == shadow
            assert [site.owner(path) for path in (REDIS, BEAT)] == ["redis:redis 777", "celery:celery 777"]
        assert site.owner(FLOWER) == "celery:celery 750"
        site.shell(f"rm {' '.join(planted.values())}")
        site.checkout.inv("up", seconds=UP)
        site.assert_mended()

    def test_a_redis_that_writes_where_an_intruder_wants_it_is_told(self, site: Site) -> None:
        site.shell("mkdir -p /etc/cron.d")
        assert site.redis("CONFIG", "SET", "dir", "/etc/cron.d", "dbfilename", "root") == "OK"
        site.shell("echo 'dir /root/.ssh' >>/etc/redis/redis.conf", f"chmod 777 {REDIS}")
        for verb in (("up",), ("fix", "permissions", "--yes")):
            text = site.refused(*verb)
            assert "Redis at 127.0.0.1:6379 writes to `/etc/cron.d/root`" in text
            assert "`/etc/redis/redis.conf` makes Redis write to `/root/.ssh/dump.rdb`" in text
        assert site.owner(REDIS) == "redis:redis 777"
        assert site.redis("CONFIG", "GET", "dir").splitlines()[1] == "/etc/cron.d"
        site.redis("CONFIG", "SET", "dir", REDIS, "dbfilename", "dump.rdb")
        site.shell("sed -i '\\|^dir /root|d' /etc/redis/redis.conf")
        site.checkout.inv("up", seconds=UP)
        site.assert_mended()


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestDebian13(Steps):
    kind = ("trixie", "systemd")


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestDebian12WithoutInit(Steps):
    kind = ("bookworm", "noinit")
