"""The doctor: findings of evidence, causes before followers, what cannot be looked at, the exit code."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from rabbitry.doctor import collecting, judging, verb
from rabbitry.doctor.collecting import Seen
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.entries import Entry
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.model import Stack
from tests.unit.stack_document import application, document

STACK = Stack.from_data(document())
ENVIRONMENT = Environment("local", Path("inventory/local.yml"))


def entry(slug: str, **more: Any) -> Entry:
    values: dict[str, Any] = {"title": slug, "why": f"why {slug}", "severity": "stops", "services": ()}
    return Entry(slug=slug, platforms=(), symptoms=(), **{**values, **more})


def evidence(**sections: Any) -> Evidence:
    return Evidence("localhost", 0.0, sections)


def seen(*hosts: Evidence, unreachable: tuple[Fault, ...] = ()) -> Seen:
    documents = [
        {"schema": 2, "host": one.host, "time": one.time, "sections": one.sections, "faults": one.faults}
        for one in hosts
    ]
    whole = {"schema": 2, "stack": document(), "evidence": documents}
    return Seen(STACK, hosts, unreachable, whole)


def says(wrong: str) -> Any:
    return lambda stack, found: Found(wrong, ("a line",))


KNOWN = {
    "a/cause": entry("a/cause", explains=("a/follows",), severity="harms", fix="asked"),
    "a/follows": entry("a/follows", explains=("a/later",)),
    "a/later": entry("a/later"),
    "b/other": entry("b/other", command="sudo true"),
}


def slugs(*names: str) -> list[str]:
    checks = {name: says(f"wrong {name}") for name in names}
    return [one.slug for one in judging.judge(STACK, [evidence()], checks, KNOWN)]


def test_what_follows_from_a_finding_is_not_told_beside_it() -> None:
    assert slugs("a/follows", "a/cause", "b/other", "a/later") == ["b/other", "a/cause"]
    assert slugs("a/follows") == ["a/follows"]


REACHING = {
    "host/cause": entry("host/cause", explains=("rabbitmq/down", "flower/down")),
    "rabbitmq/down": entry("rabbitmq/down"),
    "flower/down": entry("flower/down"),
}


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ("stack-flower", {"host/cause", "rabbitmq/down"}),
        ("stack-worker-default", {"host/cause", "rabbitmq/down"}),
        ("rabbitmq-server", {"host/cause"}),
        ("", {"host/cause"}),
    ],
)
def test_a_dashboard_is_no_cause_of_a_broker_s_trouble(service: str, told: set[str]) -> None:
    cause = lambda stack, found: Found("x", service=service)  # noqa: E731
    checks = {"host/cause": cause, "rabbitmq/down": says("x"), "flower/down": says("x")}
    assert {one.slug for one in judging.judge(STACK, [evidence()], checks, REACHING)} == told


@pytest.mark.parametrize(("cause", "hidden"), [("localhost", True), ("work9", False)])
def test_another_host_suffers_from_that_of_a_server_only(cause: str, hidden: bool) -> None:
    """The stack's servers are on localhost."""

    def on(host: str) -> Any:
        return lambda stack, found: Found("x") if found.host == host else None

    other = "work9" if cause == "localhost" else "localhost"
    checks = {"host/cause": on(cause), "flower/down": on(other)}
    hosts = [Evidence("localhost", 0.0, {}), Evidence("work9", 0.0, {})]
    found = {one.slug for one in judging.judge(STACK, hosts, checks, REACHING)}
    assert found == ({"host/cause"} if hidden else {"host/cause", "flower/down"})


def test_what_somebody_did_himself_is_told_beside_any_cause() -> None:
    checks = {"a/cause": says("x"), "a/follows": lambda stack, found: Found("it was stopped", own=True)}
    assert {one.slug for one in judging.judge(STACK, [evidence()], checks, KNOWN)} == {"a/cause", "a/follows"}


def test_a_finding_carries_what_a_reader_needs() -> None:
    found = judging.judge(STACK, [evidence()], {"a/cause": says("x is 3")}, KNOWN, " --env staging")
    assert found[0].command == "./inv fix a/cause --host localhost --env staging"
    assert (found[0].wrong, found[0].evidence, found[0].why) == ("x is 3", ("a line",), "why a/cause")
    assert found[0].page == "troubleshooting/a/cause/README.md"
    by_hand = judging.judge(STACK, [evidence()], {"b/other": says("x")}, KNOWN)
    assert by_hand[0].command == "sudo true"


def test_a_check_that_crashes_is_a_finding_and_the_others_go_on() -> None:
    def broken(stack: Stack, found: Evidence) -> Found | None:
        raise KeyError("listeners")

    found = judging.judge(STACK, [evidence()], {"a/cause": broken, "b/other": says("x")}, KNOWN)
    assert [one.slug for one in found] == ["b/other", judging.CRASHED]
    assert found[1].blind and "a/cause" in found[1].wrong and "listeners" in found[1].evidence[0]


def test_a_section_that_is_missing_is_a_finding() -> None:
    part = Evidence("localhost", 0.0, {}, {"redis": "took longer than 8 s"})
    (found,) = judging.judge(STACK, [part], {}, KNOWN)
    assert found.blind and "`redis`" in found.wrong and found.evidence == ("took longer than 8 s",)


def test_a_host_that_gives_no_evidence_is_a_finding() -> None:
    fault = Fault("host localhost cannot be reached by ssh", "ssh localhost")
    (found,) = verb.examine(seen(unreachable=(fault,)), {})
    assert (found.slug, found.wrong, found.command) == (judging.UNREACHABLE, fault.message, fault.hint)
    assert found.blind


@pytest.mark.parametrize(
    ("checks", "code"), [({}, 0), ({"b/other": says("x")}, 1)], ids=["nothing", "a fault"]
)
def test_the_exit_code_is_the_verdict(
    checks: Any,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    collecting.write(seen(evidence()), tmp_path / "e.json")
    monkeypatch.setattr(verb, "checks", lambda: checks)
    monkeypatch.setattr(verb, "entries", lambda: KNOWN)
    assert verb.doctor(ENVIRONMENT, source=str(tmp_path / "e.json")) == code
    said = capsys.readouterr().out
    assert said.startswith("no trouble found: 0 checks" if not checks else "x b/other   localhost")
    assert verb.doctor(ENVIRONMENT, source=str(tmp_path / "e.json"), as_json=True) == code
    assert len(json.loads(capsys.readouterr().out)["findings"]) == code


def test_what_could_not_be_looked_at_alone_is_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "checks", dict)
    collecting.write(seen(Evidence("localhost", 0.0, {}, {"app": "broken"})), tmp_path / "e.json")
    assert verb.doctor(ENVIRONMENT, source=str(tmp_path / "e.json")) == 2
    with pytest.raises(StackError) as error:
        verb.doctor(ENVIRONMENT, source=str(tmp_path / "none.json"))
    assert error.value.exit_code == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 7}', '{"schema": 2, "stack": {}}'])
def test_a_file_that_is_no_evidence_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "e.json").write_text(text)
    with pytest.raises(StackError, match="no evidence that can be judged"):
        collecting.read(tmp_path / "e.json")


def test_each_application_is_looked_at_and_what_all_share_is_told_once() -> None:
    both = Stack.from_data({**document(), "apps": [application("shop"), application("blog", db=1)]})
    locks = [{"task": "x", "database": 1}, {"task": "y", "database": 7}]
    asked = evidence(
        app={"shop": {"main": "s"}, "blog": {"main": "b"}},
        rabbitmq={"login": {"shop": {"code": 0}, "blog": {"code": 403}}},
        system={"flower": {"shop": 401, "blog": 200}, "clock": 1.0},
        redis={"locks": locks},
    )

    def own(stack: Stack, found: Evidence) -> Found:
        facts = [found.answers("app")["main"], found.section("rabbitmq")["login"]["code"]]
        facts += [found.section("system")["flower"], len(found.section("redis")["locks"])]
        return Found(f"{stack.app.name} {facts}")

    found = judging.judge(both, [asked], {"a/cause": own, "b/other": says("one clock")}, KNOWN)
    assert [one.wrong for one in found if one.slug == "a/cause"] == [
        "shop ['s', 0, 401, 0]",
        "blog ['b', 403, 200, 1]",
    ]
    assert [one.wrong for one in found if one.slug == "b/other"] == ["one clock"]


def test_saved_evidence_is_its_owners_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    collecting.write(seen(evidence(redis={"info": {}})), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert collecting.read(path).evidence[0].answers("redis") == {"info": {}}


def test_unknown_checks_and_hosts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "checks", lambda: {"redis/misconf": says("x"), "redis/auth": says("y")})
    with pytest.raises(StackError, match="no check `reddis`"):
        verb.choose(["reddis"])
    assert list(verb.choose(["redis/auth"])) == ["redis/auth"]
    assert list(verb.choose(["redis"])) == ["redis/misconf", "redis/auth"]
    with pytest.raises(StackError, match="no host `web9`"):
        verb.examine(seen(evidence()), {}, "web9")


def test_a_check_has_the_name_of_its_slug() -> None:
    def misconf(stack: Stack, found: Evidence) -> Found | None:
        return None

    with pytest.raises(ValueError, match="cannot be registered"):
        check("redis/other")(misconf)


def test_evidence_reads_like_a_host() -> None:
    found = evidence(
        pulse={"services": {"redis-server": {"running": False}, "stack-beat": {"running": True}}},
        logs={"redis-server": ["one", "bad: two", "bad: three", "four"]},
        facts={"drift": [{"kind": "tree", "name": "/var/lib/redis/x", "why": "is root's"}]},
        redis={"fault": "no answer", "code": ""},
    )
    assert found.fails("redis-server") and found.runs("stack-beat") and not found.fails("nginx")
    assert found.said("redis-server", r"bad: \w+") == "bad: three"
    assert found.drift("/redis/", "tree") == found.drift() == ("is root's",)
    assert found.drift("/redis/", "file") == ()
    assert (found.answers("redis"), found.silence("redis"), found.silence("app")) == ({}, "no answer", "")
