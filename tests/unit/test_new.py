"""A new environment's files: whole, accepted by preflight, and never in the place of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rabbitry import new as module
from rabbitry.environment import find
from rabbitry.errors import StackError
from rabbitry.new import new
from tests.unit.healthy import faults_of

WRITTEN = ("inventory/shop.yml", "inventory/group_vars/shop.yml")
# Written out: a name that is forgotten there must be missed here.
TAKEN = (
    *("local", "example", "all", "ungrouped", "localhost", "group_vars", "host_vars"),
    *("brokers", "backends", "workers", "scheduler", "dashboard", "admin", "guest", "monitor"),
    *("true", "false", "yes", "no", "on", "off", "null"),
)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def refused(root: Path, *words: str) -> list[tuple[str, str]]:
    """Message and hint of each fault; nothing may have been written."""
    before = sorted(root.rglob("*"))
    with pytest.raises(StackError) as caught:
        new(words, root)
    assert sorted(root.rglob("*")) == before
    return [(fault.message, fault.hint) for fault in caught.value.faults]


def test_it_writes_an_environment_and_says_what_comes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new(["app", "shop"], tmp_path)
    assert [line.split(None, 1) for line in capsys.readouterr().out.splitlines()] == [
        ["wrote", WRITTEN[0]],
        ["wrote", WRITTEN[1]],
        ["next", "./inv up --env shop"],
    ]
    assert find("shop", root=tmp_path).inventory == tmp_path / WRITTEN[0]
    assert [path for path in WRITTEN if "NAME" in (tmp_path / path).read_text()] == []


@pytest.mark.parametrize("name", ["shop", "a", "shop_2", "x" * 64])
def test_preflight_accepts_what_is_written(tmp_path: Path, name: str) -> None:
    new(["app", name], tmp_path)
    values = read(tmp_path / f"inventory/group_vars/{name}.yml")
    children = read(tmp_path / f"inventory/{name}.yml")["all"]["children"][name]["children"]
    groups = {group: ["web1" for _ in content["hosts"]] for group, content in children.items()}
    assert (values["stack_vhost"], values["stack_user"]) == (name, name)
    assert faults_of({**values, "stack_env": name}, groups) == []


def test_the_decisions_that_are_commented_out_are_accepted_too(tmp_path: Path) -> None:
    new(["app", "shop"], tmp_path)
    path = tmp_path / WRITTEN[1]
    path.write_text(path.read_text().replace("# stack_", "stack_").replace("\n#   ", "\n  "))
    values = read(path)
    assert len(values) == 15
    assert faults_of(values) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("My-Shop", "my_shop"),
        ("2fast", "fast"),
        ("a.b", "a_b"),
        ("../local", "local_app"),
        ("", "shop"),
        ("ü", "shop"),
        ("x" * 65, "x" * 60),
        ("shop\n", "shop"),
    ],
)
def test_a_name_of_another_form_is_refused(tmp_path: Path, name: str, meant: str) -> None:
    form = "lower-case letters, digits or `_`, a letter first, at most 64"
    assert refused(tmp_path, "app", name) == [(f"the name `{name}` must be {form}", f"./inv new app {meant}")]


@pytest.mark.parametrize("name", TAKEN)
def test_a_name_that_means_something_already_is_refused(tmp_path: Path, name: str) -> None:
    ((message, hint),) = refused(tmp_path, "app", name)
    assert message.startswith(f"the name `{name}` is taken: it is ")
    assert hint == f"./inv new app {name}_app"


def test_what_is_not_an_app_is_refused_with_what_there_is(tmp_path: Path) -> None:
    assert refused(tmp_path, "stack", "shop") == [
        ("`stack` is nothing that `new` writes: there is `app`", "./inv new app shop")
    ]


@pytest.mark.parametrize("words", [(), ("app",), ("app", "my", "shop")])
def test_it_takes_two_words(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert refused(tmp_path, *words) == [
        ("`new` takes what to write and its name: there is `app`", "./inv new app shop")
    ]


def test_nothing_is_overwritten_and_all_that_is_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "inventory/group_vars").mkdir(parents=True)
    for path in ("inventory/shop.ini", "inventory/group_vars/shop.yml"):
        (tmp_path / path).write_text("mine\n")
    (tmp_path / "inventory/shop.yml").symlink_to("nowhere")
    (tmp_path / "inventory/group_vars/shop").mkdir()
    found = refused(tmp_path, "app", "shop")
    assert found == [
        (f"`{path}` is there already: nothing is overwritten", f"{command} {path}")
        for path, command in (
            ("inventory/shop.yml", "$EDITOR"),
            ("inventory/shop.ini", "$EDITOR"),
            ("inventory/group_vars/shop.yml", "$EDITOR"),
            ("inventory/group_vars/shop", "ls"),
        )
    ]
    assert (tmp_path / "inventory/shop.ini").read_text() == "mine\n"


def test_a_file_that_came_after_the_look_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / WRITTEN[0]).write_text("mine\n")
    monkeypatch.setattr(module, "_namesakes", lambda target: [])
    ((message, _),) = refused(tmp_path, "app", "shop")
    assert message == f"`{tmp_path / WRITTEN[0]}` cannot be written: File exists"
    assert (tmp_path / WRITTEN[0]).read_text() == "mine\n"


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    assert [hint for _, hint in refused(tmp_path, "stack", "Shop")] == ["./inv new app shop"] * 2


def test_what_cannot_be_written_leaves_nothing_half_done(tmp_path: Path) -> None:
    (tmp_path / "inventory").mkdir()
    # Not a folder: the second file cannot be written, also not by root.
    (tmp_path / "inventory/group_vars").write_text("")
    ((message, hint),) = refused(tmp_path, "app", "shop")
    path = tmp_path / "inventory/group_vars"
    assert message == f"`{path}` cannot be written: File exists"
    assert hint == f"ls -ld {path.parent}"
