"""What a stack in containers is given: who gets which file, what another container is for, values of .env."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.plugin_utils import containment
from ansible_collections.rabbitry.stack.plugins.plugin_utils.containment import Program

FILES = [
    {"path": "/etc/rabbitry/celery.env", "content": "A=1"},
    {"path": "/opt/rabbitry/lib/stack_settings.json", "content": "{}"},
]


def program(name: str = "stack-worker-default", *words: str, **change: Any) -> Program:
    service = Service.from_vars(
        {
            "name": name, "user": "celery", "command": ["/v/celery", "-A", "app", *(words or ("worker",))],
            "environment_file": "/etc/rabbitry/celery.env",
        }
    )  # fmt: skip
    return Program(**{"service": service, "app": "app", "image": "local:1", "files": FILES, **change})


def test_configuration_is_mounted_by_its_directory_and_other_files_alone() -> None:
    found = containment.programs([program()], "fragment.yaml")
    assert found["services"]["stack-worker-default"]["volumes"] == [
        "./files/stack-worker-default/etc/rabbitry:/etc/rabbitry:ro",
        "./files/stack-worker-default/opt/rabbitry/lib/stack_settings.json"
        ":/opt/rabbitry/lib/stack_settings.json:ro",
    ]


def test_one_service_builds_the_image_that_all_have() -> None:
    found = containment.programs([program(), program("stack-beat", "beat")], "f.yaml")
    services = found["services"]
    assert [name for name, one in services.items() if "build" in one] == ["stack-worker-default"]
    assert {one["image"] for one in services.values()} == {"local:1"}


def test_each_worker_has_a_twin_in_the_profile_workers() -> None:
    services = containment.programs([program(), program("stack-beat", "beat")], "f")["services"]
    twins = {name: one for name, one in services.items() if "profiles" in one}
    assert list(twins) == ["stack-worker-default-more"]
    assert twins["stack-worker-default-more"]["hostname"] == "stack-worker-default-more"


def test_what_must_outlive_a_container_is_a_volume() -> None:
    found = containment.programs([program(volumes={"stack-beat": "/var/lib/beat"})], "f")
    assert found["volumes"] == {"stack-beat": None}
    assert "stack-beat:/var/lib/beat" in found["services"]["stack-worker-default"]["volumes"]


def test_only_what_a_process_has_read_asks_for_another_container() -> None:
    before = containment.configuration(FILES, ["/etc/rabbitry/celery.env"])
    other = [FILES[0], {**FILES[1], "content": "[]"}]
    assert containment.configuration(other, ["/etc/rabbitry/celery.env"]) == before
    changed = [{**FILES[0], "content": "A=2"}, FILES[1]]
    assert containment.configuration(changed, ["/etc/rabbitry/celery.env"]) != before


def test_a_wheel_is_part_of_what_an_image_is_built_from(tmp_path: Path) -> None:
    wheel = tmp_path / "shop-1.0-py3-none-any.whl"
    wheel.write_bytes(b"zip")
    found = containment.recipe({"index.txt": ""}, [], [], wheel)
    names = {entry.name: entry.kind for entry in found}
    assert names[f"package/{wheel.name}"] == "file"
    # Docker copies directories that are empty, and none that are missing.
    assert {name for name, kind in names.items() if kind == "directory"} == set(containment.PLACES)


def test_another_index_is_no_other_image() -> None:
    one, two, other = (
        containment.identity(containment.recipe({"index.txt": index, "uv.txt": lock}, [], []))
        for index, lock in (("a", "1"), ("b", "1"), ("a", "2"))
    )
    assert one == two != other


def test_values_that_a_shell_would_read_otherwise_are_quoted() -> None:
    text = containment.variables({"PORT": 5672, "DIR": "/a b/$HOME"})
    assert text.splitlines()[1:] == ["PORT=5672", "DIR='/a b/$HOME'"]


def test_a_value_with_a_quote_is_refused() -> None:
    with pytest.raises(ValueError, match="DIR"):
        containment.variables({"DIR": "/it's"})
