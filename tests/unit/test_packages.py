"""Package transactions outlive who began them, are joined, survive a kill and record what they brought."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import hold
from ansible_collections.rabbitry.stack.plugins.module_utils.apt import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.transaction import Transactions

from tests.support.wait import wait_until
from tests.unit.fake_apt import FakeApt

SECONDS = 20.0


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeApt:
    return FakeApt(tmp_path, monkeypatch)


@pytest.fixture
def transactions(fake: FakeApt) -> Transactions:
    root, runtime = fake.root, fake.root / "runtime"
    return Transactions(
        install=fake.install, state=root / "state", ledger=root / "ledger", runtime=runtime, host=fake.host
    )


def recorded(fake: FakeApt, owner: str) -> dict[tuple[str, str], dict[str, object]]:
    return {(e["kind"], e["name"]): e for e in Ledger(owner, fake.root / "ledger").entries if e["created"]}


def test_a_transaction_runs_by_itself_until_it_is_joined(fake: FakeApt, transactions: Transactions) -> None:
    fake.close()
    transactions.start("rabbitmq", ["rabbit"], [])
    assert transactions.running() == {"rabbit"}
    assert "rabbit" not in fake.host.installed()
    fake.open()
    assert transactions.join(SECONDS)
    assert "rabbit" in fake.host.installed()
    assert not transactions.join(SECONDS)
    # Its process removes them one by one after it stopped counting as running.
    wait_until(lambda: not list(transactions.state.glob("[0-9]*")), SECONDS, "its files are gone")


def test_one_runs_after_the_other(fake: FakeApt, transactions: Transactions) -> None:
    fake.close()
    transactions.start("rabbitmq", ["rabbit"], [])
    transactions.start("redis", ["redis", "rabbit"], [])
    assert transactions.running() == {"rabbit", "redis"}
    fake.open()
    transactions.join(SECONDS)
    assert [call.split()[-1] for call in fake.calls] == ["rabbit", "redis"]


def test_what_came_with_it_is_recorded_and_nothing_else(fake: FakeApt, transactions: Transactions) -> None:
    transactions.start("rabbitmq", ["rabbit", "adduser"], [])
    transactions.join(SECONDS)
    found = recorded(fake, "rabbitmq")
    assert {name for kind, name in found if kind == "package"} == {"rabbit", "librabbit"}
    assert found["package", "rabbit"]["version"] == "1.0"
    assert "version" not in found["package", "librabbit"]
    assert [key for key in found if key[0] in ("user", "group")] == [("group", "rabbit"), ("user", "rabbit")]
    assert found["user", "rabbit"]["by"] == "rabbit"
    data = {name for (kind, name), entry in found.items() if kind == "directory" and entry.get("data")}
    assert data == {"/etc/rabbit", "/var/lib/rabbit"}


def test_a_directory_that_was_there_before_is_no_data(fake: FakeApt, transactions: Transactions) -> None:
    (fake.root / "var/lib/rabbit").mkdir()
    transactions.start("rabbitmq", ["rabbit"], [])
    transactions.join(SECONDS)
    assert ("directory", "/var/lib/rabbit") not in recorded(fake, "rabbitmq")


def test_left_configuration_is_not_ours(fake: FakeApt, transactions: Transactions) -> None:
    transactions.start("redis", ["redis-tools"], [])
    transactions.join(SECONDS)
    assert recorded(fake, "redis")["package", "redis-tools"]["keep_configuration"]


def test_a_failure_surfaces_once_also_for_another_owner(fake: FakeApt, transactions: Transactions) -> None:
    fake.answer("E: Broken\n")
    transactions.start("rabbitmq", ["rabbit"], [])
    with pytest.raises(PackageError, match="`rabbit` cannot be installed: Broken") as failed:
        transactions.join(SECONDS)
    assert failed.value.log == ["E: Broken"]
    assert not transactions.join(SECONDS)


def test_a_failure_is_dropped_by_who_tries_again(fake: FakeApt, transactions: Transactions) -> None:
    fake.answer("E: Broken\n")
    transactions.start("rabbitmq", ["rabbit"], [])
    wait_until(lambda: not transactions.running(), SECONDS, "the transaction still runs")
    assert transactions.failures(["redis"]) == []
    assert [one.message for one in transactions.failures(["rabbit"])] != []
    assert transactions.failures() == []


def test_waiting_has_an_end(fake: FakeApt, transactions: Transactions) -> None:
    fake.close()
    transactions.start("rabbitmq", ["rabbit"], [])
    with pytest.raises(PackageError, match="`rabbit`: not installed after 0 s"):
        transactions.join(0)
    fake.open()
    transactions.join(SECONDS)


def killed(fake: FakeApt, transactions: Transactions, log: str, held: Sequence[str] = ()) -> None:
    """What a transaction leaves that was killed after it had taken stock."""
    transactions.state.mkdir(parents=True)
    path = transactions.state / "0-rabbitmq.json"
    document = {
        "owner": "rabbitmq",
        "names": ["rabbit"],
        "mask": list(held),
        "held": list(held),
        "error": None,
    }
    path.write_text(json.dumps({**document, "before": fake.host.snapshot()}))
    path.with_suffix(".log").write_text(log)
    path.with_suffix(".lock").touch()


def test_what_was_killed_is_recorded_by_who_completes_it(fake: FakeApt, transactions: Transactions) -> None:
    killed(fake, transactions, "Unpacking libother (2) ...\n")
    with (fake.root / "var/lib/dpkg/status").open("a") as status:
        status.write("Package: libother\nStatus: install ok unpacked\nVersion: 2\n\n")
    assert transactions.running() == set()
    transactions.start("rabbitmq", ["rabbit"], [])
    transactions.join(SECONDS)
    assert {name for kind, name in recorded(fake, "rabbitmq") if kind == "package"} == {
        "rabbit",
        "librabbit",
        "libother",
    }


def test_what_was_killed_is_settled_without_another_try(fake: FakeApt, transactions: Transactions) -> None:
    hold.hold(["rabbit"], transactions.runtime)
    killed(fake, transactions, "Unpacking libother (2) ...\n", held=["rabbit.service"])
    with (fake.root / "var/lib/dpkg/status").open("a") as status:
        status.write("Package: libother\nStatus: install ok installed\nVersion: 2\n\n")
    transactions.settle()
    assert ("package", "libother") in recorded(fake, "rabbitmq")
    assert list(transactions.runtime.iterdir()) == []
    assert list(transactions.state.iterdir()) == []


def test_units_are_held_only_while_it_runs(fake: FakeApt, transactions: Transactions) -> None:
    fake.close()
    transactions.start("rabbitmq", ["rabbit"], ["rabbit", "epmd.socket", "running"])
    fake.open()  # it waits at the gate, so it has held them
    transactions.join(SECONDS)
    assert list(transactions.runtime.iterdir()) == []
    assert fake.calls[0] == "systemctl is-active rabbit.service epmd.socket running.service"
    assert fake.calls[-1] == "systemctl daemon-reload"


def test_a_running_unit_is_not_held(fake: FakeApt, transactions: Transactions) -> None:
    assert hold.hold(["running", "x"], transactions.runtime) == ["x.service"]
    assert (transactions.runtime / "x.service.d" / hold.NAME).read_text() == hold.TEXT
    hold.release(["x.service", "x.service"], transactions.runtime)
    assert list(transactions.runtime.iterdir()) == []


def test_nothing_is_held_without_systemd(fake: FakeApt) -> None:
    assert hold.hold(["x"], fake.root / "none") == []
    assert fake.calls == []


def test_a_lock_tells_whether_it_lives(fake: FakeApt, transactions: Transactions) -> None:
    killed(fake, transactions, "")
    with (transactions.state / "0-rabbitmq.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert transactions.running() == {"rabbit"}
    assert transactions.running() == set()
