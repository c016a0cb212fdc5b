"""Declared settings against what Redis 7.0 and 8.0 say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import redis_converge, redis_settings
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_converge import Different, Server
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_settings import Difference
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import NotReady, Refused, Reply

TEXT = """\
# Written by Rabbitry; changes made here are overwritten.
include /etc/redis/access.conf
bind 127.0.0.1 -::1
dir "/srv/with blank"
save 3600 1
save 300 100

maxmemory 512mb
logfile ""
Slowlog-Max-Len 64
slowlog-max-len 128
rename-command KEYS ""
"""
DECLARED = redis_settings.parse(TEXT)
LIVE = {
    "bind": "127.0.0.1 -::1",
    "dir": "/srv/with blank",
    "save": "3600 1 300 100",
    "maxmemory": str(512 * 2**20),
    "logfile": "",
    "slowlog-max-len": "128",
    "port": "6379",
}


def test_the_last_line_of_a_name_counts_and_saves_add_up() -> None:
    assert DECLARED == {
        "bind": ["127.0.0.1", "-::1"],
        "dir": ["/srv/with blank"],
        "save": ["3600", "1", "300", "100"],
        "maxmemory": ["512mb"],
        "logfile": [],
        "slowlog-max-len": ["128"],
    }
    assert redis_settings.parse('save 1 1\nsave ""\n') == {"save": []}


def test_what_is_as_declared_is_no_difference() -> None:
    assert redis_settings.differences(DECLARED, LIVE) == []


def test_a_difference_is_readable_and_only_of_what_is_declared() -> None:
    live = {**LIVE, "maxmemory": "1048576", "save": "", "timeout": "5"}
    found = redis_settings.differences(DECLARED, live)
    assert redis_settings.shown(found) == {
        "before": "save\nmaxmemory 1048576\n",
        "after": "save 3600 1 300 100\nmaxmemory 512mb\n",
    }


@pytest.mark.parametrize(
    ("name", "declared", "live", "same"),
    [
        ("maxmemory", "1gb", "1073741824", True),
        ("maxmemory", "1G", "1000000000", True),
        ("maxmemory", "1gb", "1000000000", False),
        ("appendfsync", "EverySec", "everysec", True),
        ("notify-keyspace-events", "KEx", "xKE", True),
        ("notify-keyspace-events", "KE", "xKE", False),
        ("dir", "/srv/Redis", "/srv/redis", False),
        (
            "client-output-buffer-limit",
            "replica 128mb 32mb 60",
            "normal 0 0 0 slave 134217728 33554432 60 pubsub 33554432 8388608 60",
            True,
        ),
        ("client-output-buffer-limit", "replica 1 1 60", "normal 0 0 0 slave 2 1 60", False),
    ],
)
def test_two_spellings_of_one_value_are_the_same(name: str, declared: str, live: str, same: bool) -> None:
    assert redis_settings.same(name, declared.split(), live.split()) is same


class Fake:
    """A Redis in memory; `fixed` are settings that only a restart changes."""

    def __init__(self, live: dict[str, str], users: Sequence[str] = (), fixed: Sequence[str] = ()) -> None:
        self.live, self.fixed, self.restarts, self.login = dict(live), fixed, 0, True
        self.looking = True
        # The password that alone lets in as long as `login` is false, "" for none.
        self.knows = ""
        self.started_with = dict(LIVE)
        self.users = [self.rules(), *users]
        self.set: list[tuple[str, ...]] = []

    @staticmethod
    def rules(more: str = "") -> str:
        return " ".join(["user default", *redis_settings.access("x"), "sanitize-payload", more])

    def restart(self) -> None:
        self.restarts += 1
        self.live, self.login, self.users = dict(self.started_with), True, [self.rules()]
        self.looking = True

    def open(self, host: str, port: int, password: str, *_: object) -> Fake:
        if not self.login and password != (self.knows or None):
            raise Refused("Redis answers `WRONGPASS`", "WRONGPASS")
        return self

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None: ...

    def pairs(self, *words: str) -> dict[str, str]:
        assert words == ("CONFIG", "GET", "*")
        if not self.looking:
            raise Refused("Redis answers `NOPERM`", "NOPERM")
        return dict(self.live)

    def call(self, *words: str) -> Reply:
        if words == ("ACL", "LIST"):
            return list(self.users)
        self.set.append(words)
        if words[:3] == ("ACL", "SETUSER", "default"):
            # Without `reset` a password is added to those that are good.
            kept = "" if "reset" in words else redis_settings.fingerprint(self.knows)
            self.users[0], self.login = self.rules(kept), True
            return "OK"
        if words[2] in self.fixed:
            raise Refused("Redis answers `ERR can't set immutable config`", "ERR")
        self.live[words[2]] = str(512 * 2**20) if words[3] == "512mb" else words[3]
        return "OK"


def serve(monkeypatch: pytest.MonkeyPatch, fake: Fake, **more: Any) -> Server:
    for name in ("wait", "Session"):
        monkeypatch.setattr(redis_converge, name, fake.open)
    place: dict[str, Any] = {"host": "127.0.0.1", "port": 6379, "timeout": 1, "restart": fake.restart}
    return Server(password="x", declared=DECLARED, **place, **more)


def test_a_server_as_declared_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(LIVE, users=["user bob on nopass"])
    outcome = serve(monkeypatch, fake).converge()
    assert (outcome.changes, outcome.restarted, fake.set) == ([], False, [])
    assert outcome.undeclared == ["user `bob`"]


def test_what_can_be_set_is_set_without_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake({**LIVE, "maxmemory": "1", "save": ""})
    outcome = serve(monkeypatch, fake).converge()
    assert [one.name for one in outcome.changes] == ["save", "maxmemory"]
    assert (fake.restarts, fake.live) == (0, LIVE)


def test_what_cannot_is_brought_by_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake({**LIVE, "slowlog-max-len": "1"}, fixed=["slowlog-max-len"])
    outcome = serve(monkeypatch, fake).converge()
    assert (outcome.restarted, fake.restarts, fake.live) == (True, 1, LIVE)


def test_a_refused_login_is_brought_back_by_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(LIVE)
    fake.login = False
    server = serve(monkeypatch, fake)
    assert server.predict().changes == [redis_converge.LOGIN]
    assert server.converge().changes == [redis_converge.LOGIN]
    assert fake.restarts == 1


def test_a_new_password_is_let_in_by_the_former_one_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(LIVE)
    fake.login, fake.knows = False, "old"
    server = serve(monkeypatch, fake, former="old", keep_former=True)
    assert server.predict() == redis_converge.Outcome([redis_converge.LOGIN])
    assert server.converge() == redis_converge.Outcome([redis_converge.LOGIN])
    assert (fake.restarts, fake.users) == (0, [fake.rules(redis_settings.fingerprint("old"))])
    assert server.converge() == redis_converge.Outcome()


def test_a_password_that_was_changed_by_hand_is_predicted_to_take_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = Fake(LIVE)
    fake.login = False
    for former in ("", "x"):
        assert serve(monkeypatch, fake, former=former).predict().restarted


def test_the_former_password_goes_when_it_is_not_to_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(LIVE)
    fake.users = [fake.rules(redis_settings.fingerprint("old"))]
    assert serve(monkeypatch, fake, former="old").converge().changes == [redis_converge.ACCESS]
    assert (fake.restarts, fake.users) == (0, [fake.rules()])


def test_both_happen_in_one_go_and_another_rule_goes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(LIVE)
    fake.login, fake.knows = False, "old"
    changes = serve(monkeypatch, fake, former="old").converge().changes
    assert (changes, fake.users) == ([redis_converge.LOGIN, redis_converge.ACCESS], [fake.rules()])
    fake.users = [fake.rules("nopass")]
    kept = serve(monkeypatch, fake, former="old", keep_former=True)
    assert (kept.converge().changes, fake.users) == ([redis_converge.ACCESS], [fake.rules()])
    assert fake.restarts == 0


def test_a_former_password_that_is_none_leads_to_the_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(LIVE)
    fake.login, fake.knows = False, "older"
    outcome = serve(monkeypatch, fake, former="old", keep_former=True).converge()
    assert (outcome.changes, outcome.restarted, fake.restarts) == ([redis_converge.LOGIN], True, 1)


def test_a_user_who_may_not_look_is_brought_back_by_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(LIVE)
    fake.looking = False
    server = serve(monkeypatch, fake)
    assert server.predict().changes == [redis_converge.LOGIN]
    assert server.converge().changes == [redis_converge.LOGIN]
    assert fake.restarts == 1


def test_a_server_that_is_only_busy_is_not_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise Refused("Redis answers `ERR max number of clients reached`", "ERR")

    fake = Fake(LIVE)
    server = serve(monkeypatch, fake)
    monkeypatch.setattr(redis_converge, "wait", full)
    with pytest.raises(Refused, match="max number of clients"):
        server.converge()
    assert fake.restarts == 0


@pytest.mark.parametrize("rules", ["nopass", "#" + "0" * 64, "-@dangerous"])
def test_other_rules_of_the_user_are_taken_back(monkeypatch: pytest.MonkeyPatch, rules: str) -> None:
    fake = Fake(LIVE)
    fake.users[0] = fake.rules(rules)
    outcome = serve(monkeypatch, fake).converge()
    assert (outcome.changes, fake.restarts) == ([redis_converge.ACCESS], 0)
    assert fake.users == [fake.rules()]


def test_another_place_to_write_to_is_refused_and_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake({**LIVE, "dir": "/root/.ssh"})
    server = serve(monkeypatch, fake)
    assert server.predict().changes == [Difference("dir", "/root/.ssh", "/srv/with blank")]
    with pytest.raises(Different, match=r"has `dir /root/\.ssh` and `/srv/with blank` is declared"):
        server.converge()
    assert (fake.restarts, fake.set) == (0, [])


def test_what_stays_otherwise_after_a_restart_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake({**LIVE, "slowlog-max-len": "1"}, fixed=["slowlog-max-len"])
    fake.started_with["slowlog-max-len"] = "1"
    with pytest.raises(Different, match="has `slowlog-max-len 1` also after a restart, and `128` is"):
        serve(monkeypatch, fake).converge()


def test_nothing_is_predicted_of_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> None:
        raise NotReady("no answer")

    monkeypatch.setattr(redis_converge, "Session", nothing)
    server = Server(host="h", port=1, password="x", declared=DECLARED, timeout=1, restart=lambda: None)
    assert server.predict().changes == []


def test_a_replica_s_login_at_its_master_is_kept_and_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake({**LIVE, "masterauth": "former"})
    server = serve(monkeypatch, fake, replicates=True)
    assert server.predict().changes == [redis_converge.MASTER_LOGIN]
    outcome = server.converge()
    assert [str(one) for one in outcome.changes] == ["masterauth as declared"]
    assert fake.live["masterauth"] == "x" and fake.restarts == 0
    assert server.converge().changes == []
    assert serve(monkeypatch, Fake({**LIVE, "masterauth": "former"})).predict().changes == []
