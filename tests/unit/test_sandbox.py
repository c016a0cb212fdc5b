"""The smallest relaxation of a sandbox with which a unit starts."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.modules.sandbox import relaxation

OPTIONS = {"PrivateUsers": "yes", "ProtectProc": "invisible", "NoNewPrivileges": "yes"}
RELAXED = {"ProtectProc": "default", "PrivateUsers": "no"}


def test_a_host_that_can_do_everything_relaxes_nothing() -> None:
    assert relaxation(OPTIONS, RELAXED, lambda options: options == OPTIONS) == []


def test_one_option_is_relaxed_where_one_is_enough() -> None:
    def apart(options: dict[str, str]) -> bool:
        return (options["PrivateUsers"], options["ProtectProc"]) != ("yes", "invisible")

    assert relaxation(OPTIONS, RELAXED, apart) == ["ProtectProc=default"]
    assert relaxation(OPTIONS, RELAXED, lambda options: options["PrivateUsers"] == "no") == [
        "PrivateUsers=no"
    ]


def test_all_are_relaxed_where_one_is_not_enough() -> None:
    neither = OPTIONS | RELAXED
    assert relaxation(OPTIONS, RELAXED, lambda options: options == neither) == [
        "ProtectProc=default",
        "PrivateUsers=no",
    ]


def test_a_host_that_cannot_even_then_has_no_answer() -> None:
    assert relaxation(OPTIONS, RELAXED, lambda _: False) is None
