"""What the verb `molecule` makes of molecule's words, and which scenarios it chooses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from rabbitry import molecule, scenarios
from rabbitry.errors import StackError
from rabbitry.molecule import Listener, Outcome
from rabbitry.scenarios import Run

ROWS = {
    "old-systemd": {"scenarios": ["default"]},
    "new-noinit": {"scenarios": ["default", "options"]},
    "next-systemd": {"scenarios": ["default"], "may_fail": True},
    "far-systemd": {"scenarios": []},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with three roles, one of which has a second scenario."""
    write(tmp_path / "tests/molecule/platforms.yml", ROWS)
    for role in ("beat", "flower", "redis"):
        write(tmp_path / f"roles/{role}/molecule/default/molecule.yml", None)
    write(tmp_path / "roles/redis/molecule/rotated/molecule.yml", {"provisioner": {"inventory": {}}})
    return tmp_path


def write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def named(runs: Iterable[Run]) -> list[str]:
    return [str(run) for run in runs]


def test_default_scenarios_run_on_all_platforms_and_others_where_options_do(root: Path) -> None:
    found = scenarios.choose("redis", root=root)
    assert named(found) == [
        "redis/default on old-systemd",
        "redis/default on new-noinit",
        "redis/default on next-systemd",
        "redis/rotated on new-noinit",
    ]
    assert [run.may_fail for run in found] == [False, False, True, False]


def test_a_scenario_may_name_its_platforms(root: Path) -> None:
    names = {"group_vars": {"all": {"scenario_platforms": ["far-systemd"]}}}
    write(root / "roles/redis/molecule/rotated/molecule.yml", {"provisioner": {"inventory": names}})
    assert named(scenarios.choose("redis", "rotated", root=root)) == ["redis/rotated on far-systemd"]


def test_a_scenario_that_names_an_unknown_platform_is_refused(root: Path) -> None:
    names = {"group_vars": {"all": {"scenario_platforms": ["nowhere"]}}}
    write(root / "roles/redis/molecule/rotated/molecule.yml", {"provisioner": {"inventory": names}})
    with pytest.raises(StackError, match=r"roles/redis/molecule/rotated/molecule.yml names no platform"):
        scenarios.every(root)


def test_the_quick_choice_has_each_role_once_and_spreads_over_the_platforms(root: Path) -> None:
    assert named(scenarios.quick(root)) == [
        "beat/default on old-systemd",
        "flower/default on new-noinit",
        "redis/default on old-systemd",
    ]


def test_the_real_quick_choice_has_every_role_and_every_platform_that_must_work() -> None:
    found = scenarios.quick()
    assert {run.role for run in found} == {run.role for run in scenarios.every()}
    assert {run.platform for run in found} == {
        "bookworm-systemd",
        "bookworm-noinit",
        "trixie-systemd",
        "trixie-noinit",
    }


def test_a_platform_may_be_one_on_which_it_does_not_run_by_itself(root: Path) -> None:
    assert named(scenarios.choose("beat", platform="far-systemd", root=root)) == [
        "beat/default on far-systemd"
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"role": "beet"}, "no role `beet`: there is `beat`, `flower`, `redis`"),
        ({"role": "beat", "scenario": "rotated"}, "no scenario `rotated`: there is `default`"),
        ({"platform": "amiga"}, "no platform `amiga`"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(
    root: Path, words: dict[str, str], message: str
) -> None:
    with pytest.raises(StackError, match=message):
        scenarios.choose(**words, root=root)


def heard(*lines: str, code: int = 0, may_fail: bool = False) -> Outcome:
    outcome = Outcome(Run("redis", "default", "trixie-systemd", may_fail), Path("x.log"))
    listener = Listener(outcome, lambda text: None)
    for line in lines:
        listener.hear(line)
    listener.end(code)
    return outcome


def step(name: str, end: str = "INFO     [default > {}] Executed: Successful") -> list[str]:
    return [f"INFO     [default > {name}] Executing", end.format(name)]


GOOD = [line for name in ("destroy", *molecule.STEPS) for line in step(name)]


def test_all_steps_that_went_well_are_kept() -> None:
    outcome = heard(*GOOD)
    assert outcome.verdict == "kept" and not outcome.is_bad
    assert list(outcome.steps) == ["destroy", *list(molecule.STEPS.values())[:-1]]


def test_a_failed_step_is_named_and_what_came_after_it_is_not_shown() -> None:
    failed = step("converge", "ERROR    [default > {}] Executed: Failed")
    outcome = heard(*step("destroy"), *step("create"), "why", *failed, *step("destroy"), "recap", code=2)
    assert outcome.verdict == "converge failed" and outcome.is_bad
    assert "why" in outcome.fault.detail and "recap" not in outcome.fault.detail
    assert outcome.fault.hint.startswith(
        "./inv molecule redis --scenario default --platform trixie-systemd --keep"
    )


def test_a_step_that_did_not_run_fails() -> None:
    without = [line for line in GOOD if "side_effect" not in line]
    assert heard(*without).verdict == "recheck failed"


def test_a_step_that_was_left_out_fails() -> None:
    left_out = step("prepare", "WARNING  [default > {}] Executed: Missing playbook (Remove from …)")
    index = GOOD.index("INFO     [default > prepare] Executing")
    assert heard(*GOOD[:index], *left_out, *GOOD[index + 2 :]).verdict == "prepare failed"


def test_a_scenario_without_tests_fails() -> None:
    line = "WARNING  [default > verify] Skipping, no tests found."
    index = GOOD.index("INFO     [default > verify] Executing")
    assert heard(*GOOD[: index + 1], line, *GOOD[index + 1 :]).verdict == "verify failed"


def test_a_failure_that_is_allowed_is_told() -> None:
    outcome = heard(*step("create", "ERROR    [default > {}] Executed: Failed"), code=1, may_fail=True)
    assert outcome.verdict == "create failed, allowed" and not outcome.is_bad
