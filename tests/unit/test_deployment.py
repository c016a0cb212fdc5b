"""Environments and releases on a host: complete or not there, switched in one step, only a few kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import uv
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError, Shelf, switch
from ansible_collections.rabbitry.stack.plugins.module_utils.environment_build import Recipe
from ansible_collections.rabbitry.stack.plugins.module_utils.import_check import import_check
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger("celery_app", tmp_path / "ledger")


@pytest.fixture
def shelf(tmp_path: Path, ledger: Ledger) -> Shelf:
    found = Shelf(tmp_path, "release")
    with found.locked(ledger):
        pass
    return found


def put(shelf: Shelf, ledger: Ledger, *digests: str) -> None:
    for age, digest in enumerate(reversed(digests)):
        shelf.path(digest).mkdir()
        shelf.complete(digest)
        shelf.record(digest, ledger)
        os.utime(shelf.path(digest) / ".rabbitry.json", (1e9 - age, 1e9 - age))


def test_a_part_counts_once_its_note_is_there(shelf: Shelf) -> None:
    shelf.path("one").mkdir()
    assert shelf.note("one") is None
    shelf.complete("one", tried=[])
    assert shelf.note("one") == {"digest": "one", "tried": []}
    shelf.discard("one")
    assert not shelf.path("one").exists()


def test_switch_leads_to_the_new_part_and_is_recorded(shelf: Shelf, ledger: Ledger, tmp_path: Path) -> None:
    put(shelf, ledger, "one", "two")
    switch(tmp_path, "current", "releases/one", ledger)
    switch(tmp_path, "current", "releases/two", ledger)
    assert shelf.linked("current") == "two"
    assert (tmp_path / "current").resolve() == shelf.path("two")
    entry = ledger.find("link", str(tmp_path / "current"))
    assert entry and entry["target"] == "releases/two"


def test_prune_keeps_the_newest_and_the_one_in_use(shelf: Shelf, ledger: Ledger) -> None:
    put(shelf, ledger, "oldest", "old", "new", "newest")
    shelf.path("half-made").mkdir()
    removed = shelf.prune(3, {"oldest"}, ledger)
    assert removed == [str(shelf.path("old"))]
    assert sorted(path.name for path in shelf.root.iterdir()) == ["new", "newest", "oldest"]
    assert ledger.find("release", str(shelf.path("old"))) is None
    assert ledger.find("release", str(shelf.path("new")))


def test_digest_of_an_environment_depends_on_all_that_is_in_it() -> None:
    recipes = [
        Recipe("a==1", "", "/usr/bin/python3", "3.13"),
        Recipe("a==2", "", "/usr/bin/python3", "3.13"),
        Recipe("a==1", "b", "/usr/bin/python3", "3.13"),
        Recipe("a==1", "", "/usr/bin/python3", "3.11"),
    ]
    assert len({recipe.digest for recipe in recipes}) == len(recipes)
    assert recipes[0].digest == Recipe("a==1", "", "/usr/bin/python3", "3.13").digest


def test_a_python_that_is_not_there_is_named() -> None:
    with pytest.raises(DeploymentError, match="`/nowhere/python3` cannot be run"):
        uv.find_python("/nowhere/python3")


def test_a_uv_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="`/nowhere/uv`, which is no program"):
        uv.find_uv("/nowhere/uv", tmp_path)


def test_the_certificate_authority_reaches_uv_and_pip() -> None:
    found = uv.environment("/etc/ca.pem")
    assert found["SSL_CERT_FILE"] == found["PIP_CERT"] == "/etc/ca.pem"
    assert uv.environment("")["UV_SYSTEM_CERTS"] == "1"


@pytest.mark.parametrize(
    ("printed", "hint"),
    [
        ("error: invalid peer certificate: UnknownIssuer", "celery_app_ca_file"),
        ("error: No solution found when resolving dependencies", "celery_app_set"),
        ("The virtual environment was not created: ensurepip is not available", "python3-venv"),
    ],
)
def test_a_failed_program_is_explained(printed: str, hint: str) -> None:
    with pytest.raises(DeploymentError, match="`uv pip` failed") as raised:
        uv.run([sys.executable, "-c", f"import sys; sys.exit({printed!r})"], os.environ, "uv pip")
    assert hint in raised.value.hint
    assert raised.value.log == [printed]


def application(root: Path, text: str) -> Path:
    (root / "shop.py").write_text(text, encoding="utf-8")
    return root


def tasks(root: Path, module: str = "shop") -> list[str]:
    pytest.importorskip("celery")
    return import_check(module, root, Path(sys.executable), "", "").tasks


def test_an_application_that_imports_tells_its_tasks(tmp_path: Path) -> None:
    text = "from celery import Celery\napp = Celery('shop')\n@app.task\ndef sell(): pass\n"
    assert tasks(application(tmp_path, text)) == ["shop.sell"]


@pytest.mark.parametrize(
    ("text", "module", "hint"),
    [
        ("import not_there_at_all", "shop", "name the package that brings `not_there_at_all`"),
        ("x = 1", "shpo", "which has: shop"),
        ("x = 1", "shop", "like shop:app"),
    ],
)
def test_an_application_that_does_not_import_is_explained(
    tmp_path: Path, text: str, module: str, hint: str
) -> None:
    with pytest.raises(DeploymentError, match=f"`{module}` cannot be imported") as raised:
        tasks(application(tmp_path, text), module)
    assert hint in raised.value.hint
    assert raised.value.log
