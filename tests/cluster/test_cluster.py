"""Three hosts and a worker's, entered by ssh: one cluster from its first boot on, through all changes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cluster.stream import Stream
from tests.support import ssh
from tests.support.wait import wait_until

NAMES = ["q1", "q2", "q3", "w1"]
UP, QUICK = 900, 300
NODES = [f"rabbit@{name}" for name in NAMES[:3]]
VARIABLES = "group_vars/trio.yml"


def inventory(brokers: list[str], workers: list[str]) -> str:
    """The environment `trio`: what there is one of runs on the first broker's host."""
    groups = {
        "brokers": brokers,
        "workers": workers,
        **{group: ["q1"] for group in ("backends", "scheduler", "dashboard")},
    }
    children = {group: {"hosts": dict.fromkeys(hosts)} for group, hosts in groups.items()}
    return json.dumps(
        {"all": {"vars": {"ansible_user": "ops"}, "children": {"trio": {"children": children}}}}
    )


@pytest.fixture(scope="module")
def site() -> Iterator[ssh.Site]:
    with ssh.site("trixie", NAMES, label="cluster") as site:
        site.write("inventory/trio.yml", inventory(NAMES[:3], ["q2", "q3"]))
        site.write(f"inventory/{VARIABLES}", "stack_bind: 0.0.0.0\n")
        yield site


def starts(site: ssh.Site, name: str) -> str:
    """When the broker of a host was started."""
    show = ["systemctl", "show", "-P", "ExecMainStartTimestampMonotonic", "rabbitmq-server"]
    return site.targets[name].run(show).out.strip()


def members(site: ssh.Site, name: str = "q1") -> list[list[str]]:
    """The members of each queue of the application, as a host's node has them."""
    command = "rabbitmqctl -q list_queues -p app name members --formatter json"
    return [
        sorted(one["members"]) for one in json.loads(site.targets[name].run(command).out) if one["members"]
    ]


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestThreeBrokers:
    """A stack whose three brokers are one; a fourth host comes later."""

    def test_hosts_that_do_not_find_each_other_are_refused_unchanged(self, site: ssh.Site) -> None:
        site.write("inventory/host_vars/q3.yml", "stack_address: q3.invalid\n")
        said = site.inv("up", "--env", "trio", seconds=QUICK, check=False)
        site.run(["rm", "inventory/host_vars/q3.yml"])
        assert said.rc == 1, said
        for host in ("q1", "q2"):
            assert f"host {host} cannot find `q3.invalid`, host q3" in said.err, said
        assert not any(host.exists("/etc/rabbitmq") for host in site.hosts)

    def test_they_form_one_cluster_at_their_first_boot(self, site: ssh.Site) -> None:
        assert "2 of 2 queues carried a task" in site.inv("up", "--env", "trio", seconds=UP).out
        assert all(one == NODES for one in members(site)), members(site)

    def test_smoke_is_green_and_a_second_run_changes_nothing(self, site: ssh.Site) -> None:
        assert "promises kept" in site.inv("smoke", "--env", "trio", seconds=QUICK).out
        site.inv("up", "--env", "trio", seconds=UP)
        assert site.changed("trio") == 0
        site.inv("up", "--full", "--env", "trio", seconds=UP)
        assert site.changed("trio") == 0
        assert "no trouble found" in site.inv("doctor", "--env", "trio", seconds=QUICK).out

    def test_a_killed_leader_loses_no_confirmed_message(self, site: ssh.Site) -> None:
        with Stream(site, "killed") as stream:
            site.targets[stream.leader()].run("systemctl kill -s KILL rabbitmq-server")
            wait_until(lambda: stream.has_moved_on(), 60, "the publisher goes on")
        assert stream.found["confirmed"] == stream.found["sent"] and stream.found["lost"] == 0, stream.found

    def test_a_changed_setting_rolls_through_under_load(self, site: ssh.Site) -> None:
        before = {name: starts(site, name) for name in NAMES[:3]}
        site.write(f"inventory/{VARIABLES}", "stack_bind: 0.0.0.0\nstack_disk_free_limit: 210MB\n")
        with Stream(site, "rolled") as stream:
            site.inv("up", "--env", "trio", seconds=UP)
        assert all(starts(site, name) != then for name, then in before.items())
        assert stream.found["confirmed"] == stream.found["sent"] and stream.found["lost"] == 0, stream.found

    def test_a_worker_s_host_is_added_alone(self, site: ssh.Site) -> None:
        before = {name: starts(site, name) for name in NAMES[:3]}
        site.write("inventory/trio.yml", inventory(NAMES[:3], ["q2", "q3", "w1"]))
        site.inv("up", "--limit", "w1", "--env", "trio", seconds=UP)
        assert {name: starts(site, name) for name in before} == before
        assert "from queue default on w1" in site.inv("smoke", "--env", "trio", seconds=QUICK).out

    def test_a_node_leaves_and_its_queues_keep_their_messages(self, site: ssh.Site) -> None:
        with Stream(site, "left") as stream:
            site.inv("nodes", "--remove", "q3", "--yes", "--env", "trio", seconds=QUICK)
        assert stream.found["lost"] == 0, stream.found
        assert all(one == NODES[:2] for one in members(site))

    def test_a_node_comes_back_as_a_new_one(self, site: ssh.Site) -> None:
        site.inv("up", "--limit", "q3", "--env", "trio", seconds=UP)
        assert all(one == NODES for one in members(site))

    def test_a_dead_node_is_replaced(self, site: ssh.Site) -> None:
        q3 = site.targets["q3"]
        q3.run("systemctl kill -s KILL rabbitmq-server; systemctl stop rabbitmq-server", seconds=90)
        q3.run("rm -rf /var/lib/rabbitmq/mnesia")
        told = site.inv("nodes", "--env", "trio", check=False)
        assert told.rc == 1 and "not running" in told.out, told
        site.inv("nodes", "--replace", "q3", "--yes", "--env", "trio", seconds=UP)
        assert all(one == NODES for one in members(site))
        assert "promises kept" in site.inv("smoke", "--env", "trio", seconds=QUICK).out

    def test_data_of_another_cluster_is_refused(self, site: ssh.Site) -> None:
        cookie = "/var/lib/rabbitmq/.erlang.cookie"
        q3 = site.targets["q3"]
        q3.run(f"cp -a {cookie} /root/cookie && printf OTHER > {cookie}")
        said = site.inv("up", "--env", "trio", seconds=QUICK, check=False)
        q3.run(f"cp -a /root/cookie {cookie}")
        assert said.rc == 1 and "another Erlang cookie than this cluster" in said.err, said
