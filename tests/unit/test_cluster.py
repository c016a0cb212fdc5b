"""Several brokers as one: names, the order of clients, the cookie, and who lacks which queue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import cookie
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.management import Management, ManagementError
from ansible_collections.rabbitry.stack.plugins.module_utils.members import NODES, QUEUES, Members
from ansible_collections.rabbitry.stack.plugins.plugin_utils import cluster
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery import celery_settings
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_broker import judge_cookie
from ansible_collections.rabbitry.stack.plugins.plugin_utils.url import amqp_urls

TRIO = ["rabbit@q1", "rabbit@q2", "rabbit@q3"]


def test_a_single_node_keeps_the_name_that_outlives_its_hosts() -> None:
    assert cluster.node_name("q1", clustered=False) == "rabbit@localhost"
    assert cluster.node_name("q1", clustered=True) == "rabbit@q1"


@pytest.mark.parametrize(
    ("nodes", "are_long"),
    [([], False), (TRIO, False), ([*TRIO, "rabbit@q4.example.org"], True), (["rabbit@10.0.0.5"], True)],
)
def test_names_with_a_dot_are_long_ones_for_all_nodes(nodes: list[str], are_long: bool) -> None:
    assert cluster.long_names(nodes) is are_long


@pytest.mark.parametrize(
    ("nodes", "wanted", "size"), [(2, 0, 2), (3, 0, 3), (4, 0, 3), (7, 0, 5), (3, 5, 3), (7, 3, 3)]
)
def test_a_quorum_queue_is_on_three_or_five_nodes(nodes: int, wanted: int, size: int) -> None:
    assert cluster.group_size(nodes, wanted) == size


def test_only_one_of_several_brokers_that_run_waits_for_its_turn() -> None:
    listeners = [{"ours": True, "program": "beam.smp"}]
    assert cluster.runs(listeners, "q1", ["q1", "q2"])
    assert not cluster.runs(listeners, "q1", ["q1"]) and not cluster.runs(listeners, "w", ["q1", "q2"])
    assert not cluster.runs([], "q1", ["q1", "q2"])


def test_a_client_tries_the_broker_beside_it_first_and_all_others_next() -> None:
    hosts = ["q1", "q2", "q3"]
    assert cluster.own_first(hosts, "q2", "any") == ["q2", "q3", "q1"]
    elsewhere = {tuple(cluster.own_first(hosts, "w", f"w{number}")) for number in range(30)}
    assert elsewhere == {("q1", "q2", "q3"), ("q2", "q3", "q1"), ("q3", "q1", "q2")}
    assert cluster.own_first(["127.0.0.1"], "localhost", "localhost") == ["127.0.0.1"]


def test_celery_is_given_every_broker() -> None:
    urls = amqp_urls("app", "a;b", ["q1", "q2"], 5672, "app")
    assert urls == "amqp://app:a%3Bb@q1:5672/app;amqp://app:a%3Bb@q2:5672/app"
    with pytest.raises(ValueError, match="not a list"):
        amqp_urls("app", "x", [], 5672, "app")


def test_clients_of_several_brokers_notice_one_that_is_cut_off() -> None:
    assert "broker_heartbeat" not in celery_settings(["default"])["settings"]
    assert celery_settings(["default"], brokers=3)["settings"]["broker_heartbeat"] == 10


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host with a cookie, which had a node once."""
    (tmp_path / "var/lib/rabbitmq/mnesia/rabbit@old").mkdir(parents=True)
    (tmp_path / "var/lib/rabbitmq/mnesia/rabbit@old-plugins-expand").mkdir()
    (tmp_path / "var/lib/rabbitmq/.erlang.cookie").write_text("OLD\n", encoding="utf-8")
    return tmp_path


def test_data_of_another_cluster_is_not_parted_from_it(host: Path) -> None:
    data = host / "var/lib/rabbitmq/mnesia/rabbit@old/schema.DAT"
    assert judge_cookie(cookie.look(host), "NEW", "q1") == []
    data.touch()
    (fault,) = judge_cookie(cookie.look(host), "NEW", "q1")
    assert "host q1 has data of the RabbitMQ node `rabbit@old` and another Erlang cookie" in fault.message
    assert "rabbitmq_replace_cookie: true" in fault.hint
    assert judge_cookie(cookie.look(host), "OLD", "q1") == [] == judge_cookie(cookie.look(host), "", "q1")
    assert "OLD" not in str(cookie.look(host))


class Api(Management):
    """What three nodes answer; `absent` do not run, `old` is an API that cannot add members."""

    def __init__(self, absent: tuple[str, ...] = (), old: bool = False) -> None:
        super().__init__("http://127.0.0.1:1", "admin", "x")
        self.absent, self.old = absent, old
        self.queues: list[dict[str, Any]] = [
            {"name": "a/b", "vhost": "app", "type": "quorum", "members": TRIO[:1]},
            {"name": "full", "vhost": "app", "type": "quorum", "members": TRIO},
            {"name": "classic", "vhost": "app", "type": "classic"},
        ]

    def request(self, method: str, path: str, body: Any = None) -> Any:
        if path == NODES:
            return [{"name": name, "running": name not in self.absent} for name in TRIO]
        if path == QUEUES:
            return self.queues
        assert (method, path) == ("POST", "/api/queues/quorum/app/a%2Fb/replicas/add")
        if self.old:
            raise ManagementError(404, "Not Found")
        self.queues[0]["members"] = [*self.queues[0]["members"], body["node"]]
        return None


def members(api: Api, said: list[list[str]] | None = None, status: int = 0) -> Members:
    """The cluster as its first node sees it; `said` takes the commands, which end with `status`."""

    def run(words: list[str]) -> tuple[int, str, str]:
        (said if said is not None else []).append(words)
        if words[1] == "add_member":
            api.queues[0]["members"] = [*api.queues[0]["members"], words[-1]]
        return status, "", "no"

    return Members(Broker(api, "admin", run, "/usr/sbin/rabbitmqctl"), TRIO, 3)


def test_a_queue_gets_the_members_that_it_lacks() -> None:
    api = Api()
    assert members(api).complete(1) == ["member rabbit@q2 of queue a/b", "member rabbit@q3 of queue a/b"]
    assert api.queues[0]["members"] == TRIO and members(api).complete(0) == []


def test_an_older_broker_is_given_members_by_its_tool() -> None:
    api, said = Api(old=True), list[list[str]]()
    members(api, said).complete(1)
    assert said[0] == ["/usr/sbin/rabbitmq-queues", "add_member", "--vhost", "app", "a/b", "rabbit@q2"]


def test_nodes_that_do_not_come_are_named() -> None:
    members(Api()).gather(0)
    with pytest.raises(BrokerError, match="the cluster lacks `rabbit@q3` after 0 s"):
        members(Api(absent=("rabbit@q3",))).gather(0)


def test_a_node_that_a_queue_needs_does_not_leave() -> None:
    said: list[list[str]] = []
    members(Api(), said).leave(5)
    assert [words[1] for words in said] == [
        "await_online_quorum_plus_one",
        "check_if_node_is_quorum_critical",
        "drain",
    ]
    with pytest.raises(BrokerError, match="await_online_quorum_plus_one"):
        members(Api(), status=69).leave(5)


def test_a_node_is_forgotten_only_when_it_no_longer_runs() -> None:
    said: list[list[str]] = []
    with pytest.raises(BrokerError, match="the node `rabbit@q3` still runs"):
        members(Api(), said).forget("rabbit@q3")
    assert members(Api(), said).forget("rabbit@gone") == [] == said
    done = members(Api(absent=("rabbit@q3",)), said).forget("rabbit@q3")
    assert done == ["members on rabbit@q3", "node rabbit@q3"]
    assert [words[1:] for words in said] == [["shrink", "rabbit@q3"], ["forget_cluster_node", "rabbit@q3"]]
    # One that left by itself is still counted on by the queues.
    api = Api()
    api.queues[1]["members"] = [*TRIO, "rabbit@gone"]
    assert members(api).forget("rabbit@gone") == ["members on rabbit@gone"]


def test_a_node_of_another_cluster_is_not_stopped() -> None:
    said: list[list[str]] = []
    members(Api(), said).quit("rabbit@q1", 5)
    assert [words[1] for words in said][-2:] == ["drain", "stop_app"]
    said.clear()
    ours = members(Api(), said)
    ours.nodes = TRIO[:2]
    with pytest.raises(BrokerError, match="belongs to a cluster with `rabbit@q3`, which is not ours"):
        ours.quit("rabbit@q1", 5)
    assert said == []
