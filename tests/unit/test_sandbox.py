"""What is left of a sandbox on a host that cannot provide all of it."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.modules.sandbox import relaxation

OPTIONS = {"PrivateUsers": "yes", "ProtectProc": "invisible", "LockPersonality": "yes"}
RELAXED = {"PrivateUsers": "no", "ProtectProc": "default", "LockPersonality": "no"}


def test_a_host_that_can_do_everything_relaxes_nothing_and_tries_once() -> None:
    tried: list[dict[str, str]] = []
    assert relaxation(OPTIONS, RELAXED, lambda options: not tried.append(options)) == []
    assert tried == [OPTIONS]


def test_only_what_fails_is_relaxed() -> None:
    def starts(options: dict[str, str]) -> bool:
        return options["PrivateUsers"] == "no" and options["LockPersonality"] == "no"

    assert relaxation(OPTIONS, RELAXED, starts) == ["PrivateUsers=no", "LockPersonality=no"]


def test_of_two_that_fail_only_together_the_first_stays() -> None:
    def starts(options: dict[str, str]) -> bool:
        return (options["PrivateUsers"], options["ProtectProc"]) != ("yes", "invisible")

    assert relaxation(OPTIONS, RELAXED, starts) == ["ProtectProc=default"]


def test_a_host_that_cannot_even_then_has_no_answer() -> None:
    assert relaxation(OPTIONS, RELAXED, lambda _: False) is None
