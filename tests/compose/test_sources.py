"""An application from git becomes an image as it becomes an environment on hosts; what cannot is refused."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flow.test_sources import BUILD, CODE, PROJECT
from tests.support.contained import Contained
from tests.support.docker import docker, run

UP = 600
COMMIT = "git add -A && git -c user.name=test -c user.email=test@localhost commit -q -m"

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is importable only when it is installed."""
    place = tmp_path_factory.mktemp("shop")
    (place / "src/shop").mkdir(parents=True)
    (place / "pyproject.toml").write_text(PROJECT + BUILD, encoding="utf-8")
    run(["git", "init", "-q", "-b", "main", str(place)], seconds=30)
    commit(place, "1")
    return place


@pytest.fixture(scope="module")
def shop(images: None, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contained]:
    source = f"git+file://{repository}@main"
    found = Contained.write(
        tmp_path_factory.mktemp("contained"), stack_app_source=source, stack_app_module="shop"
    )
    try:
        yield found
    finally:
        found.forget()


def commit(place: Path, version: str) -> None:
    code = CODE.format(label="compose", version=version)
    (place / "src/shop/__init__.py").write_text(code, encoding="utf-8")
    run(["sh", "-c", f"cd {shlex.quote(str(place))} && {COMMIT} {version}"], seconds=30)


def sold(stack: Contained) -> Any:
    return stack.clients().celery.send_task("shop.sell", [7], queue="default").get(timeout=30)


def images_of(stack: Contained) -> list[str]:
    return docker("image", "ls", stack.project, "--format", "{{.Tag}}").out.split()


def test_its_wheel_and_what_it_requires_are_in_the_image(shop: Contained) -> None:
    shop.inv("up", "--on", "compose", seconds=UP)
    label, count, tabulate, place, version = sold(shop)
    assert (label, count, tabulate, version) == ("compose", 21, "0.9.0", "1")
    assert place.startswith("/opt/rabbitry/venv/lib/")


def test_a_second_up_changes_nothing(shop: Contained) -> None:
    shop.inv("up", seconds=UP)
    assert shop.changed() == []


def test_a_new_commit_is_a_new_image_and_the_old_one_goes(shop: Contained, repository: Path) -> None:
    (before,) = images_of(shop)
    commit(repository, "2")
    shop.inv("up", seconds=UP)
    assert sold(shop)[-1] == "2"
    (after,) = images_of(shop)
    assert after != before


@pytest.mark.parametrize("verb", ["deploy", "rollback"])
def test_there_are_no_releases_to_choose_from(shop: Contained, verb: str) -> None:
    refused = shop.inv(verb, check=False)
    assert refused.rc == 1 and "runs in containers, which have no releases" in refused.err


def test_what_is_only_on_a_host_is_refused_before_anything_changes(shop: Contained) -> None:
    path = shop.inventory.parent / f"group_vars/{shop.inventory.stem}.yml"
    kept = path.read_text(encoding="utf-8")
    before = {name: one["Id"] for name, one in shop.containers().items()}
    path.write_text(f"{kept}stack_app_venv: /srv/venv\nstack_app_python: '3.12'\n", encoding="utf-8")
    refused = shop.inv("up", check=False)
    path.write_text(kept, encoding="utf-8")
    assert refused.rc == 1
    assert "`stack_app_venv` is `/srv/venv`" in refused.err and "`stack_app_python` is `3.12`" in refused.err
    assert {name: one["Id"] for name, one in shop.containers().items()} == before
