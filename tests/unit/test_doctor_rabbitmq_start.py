"""Checks of a RabbitMQ that does not start: the cause is named, by what it said since it was up."""

from __future__ import annotations

import pytest

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.registry import checks
from rabbitry.entries import entries
from tests.unit.broker_evidence import DOWN, NODE, SILENT, STACK, STAMP, UP, evidence, fails, found


def test_a_broker_that_is_about_to_start_is_not_down() -> None:
    assert found(evidence(state={**UP, "running": False, "state": "starting"})) == {}


UNRESOLVED = {"host": "nosuch", "addresses": [], "error": "Name or service not known", "here": False}
STARTS = [
    (
        "hostname_unresolvable",
        fails(
            "ERROR: epmd error for host nosuch: nxdomain",
            node={"name": "rabbit@nosuch", "resolves": UNRESOLVED},
        ),
        "the host `nosuch` of the node `rabbit@nosuch` does not resolve: Name or service not known",
    ),
    (
        "hostname_unresolvable",
        fails(
            node={"resolves": {"host": "localhost", "addresses": ["10.0.0.9"], "error": "", "here": False}}
        ),
        "the host `localhost` of the node `rabbit@localhost` is 10.0.0.9, not this machine",
    ),
    (
        "configuration_invalid",
        fails(f"{STAMP} [error] <0.208.0> Conf file attempted to set unknown variable: nonsense.key"),
        "rabbitmq.conf sets `nonsense.key`, which RabbitMQ does not know",
    ),
    (
        "configuration_invalid",
        fails("Error during startup: {error,failed_to_read_advanced_configuration_file}"),
        "RabbitMQ cannot read advanced.config",
    ),
    (
        "feature_flags",
        fails(
            f"{STAMP} [error] <0.214.0> Feature flags: `stream_single_active_consumer`: required feature "
            "flag not enabled! It must be enabled before upgrading RabbitMQ."
        ),
        "the data of an older RabbitMQ lack the feature flag `stream_single_active_consumer`, "
        "which the installed one requires",
    ),
    (
        "erlang_incompatible",
        fails("This RabbitMQ version cannot run on Erlang 25 (erts 13.1): minimum required version is 26.2"),
        "RabbitMQ cannot run on Erlang 25 (erts 13.1): minimum required version is 26.2",
    ),
    (
        "mnesia_wait",
        fails(
            f"{STAMP} [warning] <0.253.0> Error while waiting for Mnesia tables: "
            "{timeout_waiting_for_tables,['rabbit@b','rabbit@a'],[rabbit_durable_queue]}"
        ),
        "RabbitMQ waits for the tables of the nodes 'rabbit@b','rabbit@a'",
    ),
]


@pytest.mark.parametrize(
    ("slug", "seen", "wrong"), STARTS, ids=lambda one: one if isinstance(one, str) else ""
)
def test_why_a_broker_does_not_start_is_named_beside_that_it_is_down(
    slug: str, seen: Evidence, wrong: str
) -> None:
    said = found(seen)
    assert said.pop("node_down").startswith("the service rabbitmq-server is crashing: exit-code 1")
    assert said == {slug: wrong}
    assert "rabbitmq/node_down" in entries()[f"rabbitmq/{slug}"].explains


def test_a_failure_before_the_last_good_start_is_history() -> None:
    seen = evidence(
        answers=SILENT,
        state={**DOWN, "state": "stopped", "reason": ""},
        log=(
            "Conf file attempted to set unknown variable: nonsense.key",
            f"{STAMP} [info] <0.620.0> Server startup complete; 3 plugins started.",
        ),
    )
    assert found(seen) == {"node_down": "the service rabbitmq-server is stopped"}


def test_what_erlang_prints_in_one_line_is_cut() -> None:
    line = f"{'x' * 900} Cookie file /var/lib/rabbitmq/.erlang.cookie must be accessible by owner only"
    body = checks()["rabbitmq/cookie_permissions"]
    said = body(STACK, fails(line, node={"cookie": {**NODE["cookie"], "mode": "0644"}}))
    assert said and [len(one) for one in said.evidence] == [300]
