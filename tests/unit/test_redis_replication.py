"""Who is master among several Redis, when a server may be made a replica, and how one hands over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import redis_replication
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_replication import CannotReplicate, Group
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import NotReady, Refused

SERVER, SENTINEL = 6379, 26379
MASTER = {"role": "master", "connected_slaves": "0"}
WITH_REPLICA = {
    "role": "master",
    "connected_slaves": "1",
    "slave0": "ip=b,port=6379,state=online,offset=1,lag=0",
}


class Net:
    """What answers where: {(node, port): answers}, by the first words of a question."""

    def __init__(self, **places: dict[str, Any]) -> None:
        self.places = {
            (name[0], SENTINEL if name.endswith("sentinel") else SERVER): answers
            for name, answers in places.items()
        }
        self.asked: list[str] = []

    def open(self, host: str, port: int, password: str) -> Talk:
        found = self.places.get((host, port))
        if found is None:
            raise NotReady("nobody")
        if password != found.get("password", "new"):
            raise Refused("no", "WRONGPASS")
        return Talk(found, self.asked)


class Talk:
    def __init__(self, answers: dict[str, Any], asked: list[str]) -> None:
        self.answers, self.asked = answers, asked

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None: ...

    def info(self, section: str) -> dict[str, str]:
        answer = self.answers.get(section, {})
        if isinstance(answer, list):
            return dict(answer.pop(0) if len(answer) > 1 else answer[0])
        return dict(answer)

    def pairs(self, *words: str) -> dict[str, str]:
        return dict(self.answers["SENTINEL"])

    def call(self, *words: str) -> str:
        self.asked.append(" ".join(words))
        if refusals := self.answers.get("refusal"):
            raise Refused(refusals.pop(), "NOGOODSLAVE")
        return "OK"


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Net]:
    def make(**places: dict[str, Any]) -> Net:
        made = Net(**places)
        monkeypatch.setattr(redis_replication, "Session", made.open)
        return made

    return make


def group(*passwords: str) -> Group:
    return Group(
        name="stack",
        nodes=["a", "b", "c"],
        port=SERVER,
        sentinel_port=SENTINEL,
        passwords=passwords or ("new",),
    )


def sentinel(master: str, epoch: int) -> dict[str, Any]:
    return {"SENTINEL": {"ip": master, "config-epoch": str(epoch)}}


def test_on_a_first_set_up_the_first_node_is_master(net: Callable[..., Net]) -> None:
    net()
    assert group().master() == "a"


def test_the_newest_word_of_the_sentinels_counts(net: Callable[..., Net]) -> None:
    net(a_sentinel=sentinel("a", 3), b_sentinel=sentinel("c", 4), a={"replication": MASTER})
    assert group().master() == "c"


def test_without_sentinels_the_server_that_has_something_is_it(net: Callable[..., Net]) -> None:
    net(a={"replication": MASTER}, b={"replication": MASTER, "keyspace": {"db0": "keys=2,expires=0"}})
    assert group().master() == "b"
    net(a={"replication": MASTER, "keyspace": {"db0": "keys=9,expires=0"}}, b={"replication": WITH_REPLICA})
    assert group().master() == "b"
    net(c={"replication": {"role": "slave", "master_host": "b", "master_link_status": "down"}})
    assert group().master() == "b"


def test_the_former_password_lets_in_too(net: Callable[..., Net]) -> None:
    net(b_sentinel={**sentinel("b", 1), "password": "old"})
    assert group("new", "old").master() == "b" and group("new").master() == "a"


def test_a_server_with_data_of_its_own_is_made_no_replica(net: Callable[..., Net], tmp_path: Path) -> None:
    net(b={"replication": MASTER, "keyspace": {"db0": "keys=2,expires=0", "db3": "keys=5,expires=1"}})
    with pytest.raises(CannotReplicate, match="Redis at b has 7 keys, which it would drop as a replica of a"):
        redis_replication.refuse_loss(group(), "b", "a", "b", tmp_path)
    redis_replication.refuse_loss(group(), "b", "b", "b", tmp_path)


def test_one_that_does_not_run_is_judged_by_its_files(net: Callable[..., Net], tmp_path: Path) -> None:
    net()
    (tmp_path / "appendonlydir").mkdir()
    file = tmp_path / "appendonlydir/appendonly.aof.1.incr.aof"
    file.touch()
    redis_replication.refuse_loss(group(), "b", "a", "b", tmp_path)
    file.write_text("*2")
    with pytest.raises(CannotReplicate, match="Redis at b has data in"):
        redis_replication.refuse_loss(group(), "b", "a", "b", tmp_path)


def test_a_replica_may_be_one_again(net: Callable[..., Net], tmp_path: Path) -> None:
    net(b={"replication": {"role": "slave"}, "keyspace": {"db0": "keys=2,expires=0"}})
    redis_replication.refuse_loss(group(), "b", "a", "b", tmp_path)


def test_a_master_hands_over_and_waits_for_it(net: Callable[..., Net]) -> None:
    later = [WITH_REPLICA, WITH_REPLICA, {"role": "slave", "master_host": "b"}]
    made = net(a={"replication": later}, a_sentinel={"refusal": ["NOGOODSLAVE not yet"]})
    assert redis_replication.hand_over(group(), "a", 5) == "b"
    assert made.asked == ["SENTINEL FAILOVER stack"] * 2


def test_nobody_has_to_take_over_from_a_replica_or_one_alone(net: Callable[..., Net]) -> None:
    made = net(a={"replication": {"role": "slave", "connected_slaves": "0"}}, b={"replication": MASTER})
    assert [redis_replication.hand_over(group(), node, 1) for node in "abc"] == ["", "", ""]
    assert made.asked == []


def test_a_replica_that_is_behind_gets_no_master_s_place(net: Callable[..., Net]) -> None:
    syncing = {**WITH_REPLICA, "slave0": "ip=b,port=6379,state=wait_bgsave"}
    made = net(a={"replication": syncing})
    with pytest.raises(CannotReplicate, match="no replica of the Redis at a:6379 took over within 0"):
        redis_replication.hand_over(group(), "a", 0)
    assert made.asked == []
