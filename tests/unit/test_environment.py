"""An environment is chosen by name or by inventory file, and no two share a state directory."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rabbitry.environment import find, names
from rabbitry.errors import StackError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "inventory" / "group_vars" / "all").mkdir(parents=True)
    (tmp_path / "inventory" / "staging").mkdir()
    for name in ("local.yml", "example.yml", "staging/hosts.yml"):
        (tmp_path / "inventory" / name).write_text("all:\n", encoding="utf-8")
    return tmp_path


def test_the_default_is_local(root: Path) -> None:
    environment = find(root=root)
    assert (environment.name, environment.inventory) == ("local", root / "inventory" / "local.yml")
    assert environment.option == ""


@pytest.mark.parametrize("name", ["example", "staging"])
def test_a_name_is_a_file_or_a_folder(root: Path, name: str) -> None:
    environment = find(name, root=root)
    assert environment.state == root / ".state" / name
    assert environment.option == f" --env {name}"


def test_an_inventory_file_of_ours_is_the_same_environment_as_its_name(root: Path) -> None:
    assert (
        find(inventory=str(root / "inventory" / "example.yml"), root=root).state
        == find("example", root=root).state
    )


def test_a_relative_inventory_is_found_from_the_root_too(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert find(inventory="inventory/example.yml", root=root).name == "example"


def test_two_files_of_one_name_do_not_share_state(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "local.yml"
    other.write_text("all:\n", encoding="utf-8")
    environment = find(inventory=str(other), root=root)
    assert environment.name.startswith("local-")
    assert environment.state != find(root=root).state
    assert environment.option == f" -i {other}"


def test_an_unknown_name_is_answered_with_those_there_are(root: Path) -> None:
    with pytest.raises(StackError) as caught:
        find("prod", root=root)
    assert caught.value.message == "no environment `prod`: there is `example`, `local`, `staging`"
    assert caught.value.hint == "cp inventory/example.yml inventory/prod.yml"


@pytest.mark.parametrize("name", ["../local", "group_vars", "Local", "a b"])
def test_a_name_that_could_not_be_a_state_directory_is_refused(root: Path, name: str) -> None:
    with pytest.raises(StackError, match="no environment"):
        find(name, root=root)


def test_an_unknown_inventory_is_named(root: Path) -> None:
    with pytest.raises(StackError, match=r"no inventory `.*nowhere\.yml`"):
        find(inventory="nowhere.yml", root=root)


def test_another_inventory_of_an_environment_has_its_state(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "example.yml"
    other.write_text("all:\n", encoding="utf-8")
    environment = find("local", str(other), root=root)
    assert (environment.state, environment.inventory) == (root / ".state" / "local", other)
    assert environment.option == f" --env local -i {other}"
    ours = str(root / "inventory" / "local.yml")
    assert find("local", ours, root=root) == find(root=root)
    assert find("example", ours, root=root).option == f" --env example -i {ours}"


def test_an_inventory_does_not_make_an_environment_that_is_not_there(root: Path) -> None:
    with pytest.raises(StackError, match="no environment `prod`"):
        find("prod", "inventory/local.yml", root=root)


def test_an_edit_behind_a_link_is_noticed(root: Path) -> None:
    folder = root / "examples" / "group_vars"
    folder.mkdir(parents=True)
    (folder / "all").symlink_to("../../inventory/group_vars/all")
    inventory = root / "examples" / "inventory.yml"
    inventory.write_text("all:\n", encoding="utf-8")
    decisions = root / "inventory" / "group_vars" / "all" / "stack.yml"
    decisions.touch()
    os.utime(decisions, (2e9, 2e9))
    assert find(inventory=str(inventory), root=root).edited == 2e9


def test_folders_of_variables_are_no_environments(root: Path) -> None:
    assert names(root) == ["example", "local", "staging"]


def test_state_is_private(root: Path) -> None:
    environment = find(root=root)
    environment.prepare()
    environment.prepare()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (environment.state, environment.log)} == {0o700}
