"""The files of compose/ agree: with each other, with what describes the services, with the model's names."""

from __future__ import annotations

import re
from typing import Any

from rabbitry import images
from tests.support.repository import files, load, text

COMPOSE, PROGRAM, EXAMPLE = "compose/compose.yaml", "compose/program.yaml", "compose/.env.example"
VARIABLE = re.compile(r"\$\{(\w+)")
# Compose reads it by itself.
PROFILES = {"COMPOSE_PROFILES"}


def test_the_example_has_every_variable_and_no_other() -> None:
    read = {name for path in (COMPOSE, PROGRAM) for name in VARIABLE.findall(text(path))}
    given = {line.partition("=")[0] for line in text(EXAMPLE).splitlines() if not line.startswith("#")}
    assert read | PROFILES == given


def test_the_wiring_gives_what_only_the_model_knows() -> None:
    ours = {"RABBITRY_PROJECT", "RABBITRY_DIR", "RABBITRY_GID"}
    given = set(load("inventory/group_vars/all/wiring.yml")["wiring_variables"])
    digests = {name for name in VARIABLE.findall(text(COMPOSE)) if name.endswith("_DIGEST")}
    assert set(VARIABLE.findall(text(COMPOSE))) == ours | (given - PROFILES) | digests


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = load(COMPOSE)["services"]
    return found


def test_images_are_pinned_and_have_a_stand_in() -> None:
    for name, service in services().items():
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+(-[a-z]+)?", service["image"]), name
    recipes = {str(path.parent.relative_to(images.COMPOSE)) for path in images.needed().values() if path}
    assert recipes == {"images"}
    assert all((path / "Dockerfile").exists() for path in images.needed().values() if path)


def test_ports_are_published_on_the_address_of_the_model() -> None:
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert published and all(port.startswith("${RABBITRY_BIND}:") for port in published)


def test_no_password_is_in_an_environment() -> None:
    named = {name for service in services().values() for name in service.get("environment", {})}
    assert named == {"RABBITMQ_NODENAME"}


def test_every_container_is_limited_unprivileged_and_asked_how_it_is() -> None:
    shared = [*services().values(), load(PROGRAM)["services"]["program"]]
    for service in shared:
        assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
        assert set(service["deploy"]["resources"]["limits"]) == {"memory", "pids"}
    assert all("healthcheck" in one and one["user"] != "root" for one in services().values())


def test_every_mount_is_read_only_but_for_data() -> None:
    mounts = [mount for service in services().values() for mount in service["volumes"]]
    assert [mount for mount in mounts if not mount.endswith(":ro") and "-data:" not in mount] == []


def test_the_dockerfile_needs_nothing_newer_than_the_oldest_builder() -> None:
    for path in (path for path in files() if path.name == "Dockerfile"):
        body = text(path)
        assert not re.search(r"^# *syntax|<<|--mount", body, re.M), path
    assert text("compose/Dockerfile").rstrip().endswith("USER ${RABBITRY_ACCOUNT}")
