"""What preflight refuses in the interplay of values: workers, queues, accounts, ports, groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.healthy import EVERYWHERE, FILE, HEALTHY, faults_of, worker


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        (
            worker(concurency=2),
            "key `concurency` of `stack_workers[0] (default)` is not known: did you mean `concurrency`",
            "rename `concurency` to `concurrency`",
        ),
        (
            worker(name="absent"),
            "`stack_workers[0]` has no `name`",
            "add `name: default` to stack_workers[0]",
        ),
        (worker(name="A b"), "`stack_workers[0].name` is `A b`", "write `name: default`"),
        (worker(concurrency=0), "`stack_workers[0].concurrency` is `0`", "write `concurrency: 2`"),
        (worker(pool="forks"), "must be `prefork` or `solo` or `threads`", "write `pool: prefork`"),
        (worker(queues=[]), "the worker `default` has no queues", "write `queues: [default]` for the worker"),
        (worker(queues="absent"), "`stack_workers[0] (default)` has no `queues`", "add `queues: [default]`"),
        (
            worker(queues=["default", "math", "ghost"]),
            "the worker `default` consumes `ghost`, which `stack_queues` does not declare",
            "add `ghost` to stack_queues, or take it from the worker `default`",
        ),
        (
            worker(queues=["default"]),
            "no worker consumes the queue `math`",
            "add `math` to the queues of a worker",
        ),
        (
            {"stack_workers": HEALTHY["stack_workers"] * 2},
            "2 workers are named `default`",
            "give each worker in stack_workers",
        ),
        (
            {"stack_queues": ["default", "math", "math"]},
            "the queue `math` is declared twice in `stack_queues`",
            "remove one `math`",
        ),
        (
            worker(time_limit=900),
            "lets a task run 900 s: `stack_longest_task` is 300 s",
            "`stack_longest_task: 900`",
        ),
        (
            worker(time_limit=100, soft_time_limit=200),
            "has the soft time limit 200 s, not below its time limit 100 s",
            "write `soft_time_limit: 70`",
        ),
        (
            worker(autoscale="2,8"),
            "scales from 8 to 2 processes: the most comes first",
            'write `autoscale: "8,2"`',
        ),
        (worker(autoscale="many"), "must be two numbers such as `8,2`", 'autoscale: "8,2"'),
        (
            {"stack_admin_user": "guest"},
            "`stack_admin_user` is `guest`, the account that is removed",
            "another name",
        ),
        (
            {"stack_monitor_user": "admin"},
            "`stack_admin_user` and `stack_monitor_user` are one account, `admin`",
            "give `stack_monitor_user` another name",
        ),
        (
            {"stack_app_environment": {"A-B": "1"}},
            "`A-B` in `stack_app_environment` is no name",
            "use letters",
        ),
        (
            {"stack_app_environment": {"A": "x\ny"}},
            "the value of `A` in `stack_app_environment` is not one",
            "in one line",
        ),
        (
            {"stack_flower_port": 6379},
            "port 6379 is used twice: by `stack_redis_port` and `stack_flower_port`",
            f"give `stack_flower_port` another port in {FILE}",
        ),
        (
            {"stack_redis_port": 25672},
            "port 25672 is used twice: by `rabbitmq_distribution_port` and `stack_redis_port`",
            "give `stack_redis_port` another port",
        ),
        (
            {"stack_flower_port": 4369},
            "port 4369 is used twice: by `stack_flower_port` and `Erlang's port mapper`",
            "give `stack_flower_port` another port",
        ),
    ],
)
def test_values_that_do_not_fit_are_refused(changes: dict[str, Any], message: str, hint: str) -> None:
    found = faults_of(changes)
    assert [fault for fault in found if message in fault.message and hint in fault.hint], found


@pytest.mark.parametrize(
    ("groups", "message", "hint"),
    [
        (
            {**EVERYWHERE, "backends": ["web1", "web2"]},
            "the group `backends` has 2 hosts (web1, web2): when one is gone, one sentinel is no majority",
            "put one host or at least three",
        ),
        (
            {**EVERYWHERE, "brokers": ["web1", "web2"]},
            "`stack_bind` is `127.0.0.1` on host web1: web2 cannot form a cluster with it",
            "write `stack_bind: 0.0.0.0`",
        ),
        (
            {**EVERYWHERE, "workers": []},
            "the group `workers`, which runs the Celery workers, has no host",
            "--graph",
        ),
        (
            {k: v for k, v in EVERYWHERE.items() if k != "backends"},
            "the group `backends`, which runs Redis",
            "--graph",
        ),
    ],
)
def test_groups_have_the_hosts_that_the_stack_needs(
    groups: dict[str, list[str]], message: str, hint: str
) -> None:
    found = faults_of({}, groups)
    assert [fault for fault in found if message in fault.message and hint in fault.hint], found


def test_parts_that_are_off_need_no_host() -> None:
    groups = {**EVERYWHERE, "scheduler": [], "dashboard": []}
    assert faults_of({"stack_beat_enabled": False, "stack_flower_enabled": False}, groups) == []


def test_one_port_on_two_hosts_is_no_clash() -> None:
    assert faults_of({"stack_flower_port": 6379}, {**EVERYWHERE, "backends": ["web2"]}) == []


def test_a_queue_may_be_consumed_by_a_worker_of_another_host() -> None:
    elsewhere = [{"name": "calc", "queues": ["math"]}]
    assert faults_of(worker(queues=["default"]), workers_elsewhere={"app": elsewhere}) == []


def test_a_password_that_sentinel_cannot_keep_is_refused_where_there_is_one() -> None:
    three = {**EVERYWHERE, "backends": ["web1", "web2", "web3"]}
    for password in ("two words", 'a"quote', "an'other"):
        (found,) = faults_of({"stack_redis_password": password, "stack_bind": "10.0.0.1"}, three)
        assert "which Sentinel cannot write down" in found.message
        assert faults_of({"stack_redis_password": password}) == []
    assert faults_of({"stack_redis_password": r"a\b#%$/:@", "stack_bind": "10.0.0.1"}, three) == []
