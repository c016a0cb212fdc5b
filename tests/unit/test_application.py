"""From where an application comes to what a host gets, and every fault by the name of its decision."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.action import release
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.plugin_utils import app_build, application
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import DECISIONS
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import CommandError, Tools

# As the model calls the decisions of the only application.
NAMES = {name: DECISIONS[key] for name, key in application.KEYS.items()}
BUILD = '[build-system]\nrequires = ["hatchling"]\n'
WHEEL = "shop-1.4.2-py3-none-any.whl"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A directory with the module `shop`."""
    (tmp_path / "app/shop").mkdir(parents=True)
    (tmp_path / "app/shop/__init__.py").write_text("app = 1\n")
    return tmp_path / "app"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What uv is told; a build leaves a wheel."""
    told: list[tuple[str, ...]] = []

    def uv(_: Tools, *words: str) -> str:
        told.append(words)
        folder = next(word.removeprefix("--out-dir=") for word in words if word.startswith("--out-dir="))
        (Path(folder) / WHEEL).write_bytes(b"")
        return ""

    monkeypatch.setattr(Tools, "uv", uv)
    return told


def resolve(app: Path, source: str, **more: Any) -> application.Application:
    given: dict[str, Any] = {"module": "shop", "requirements": "", "celery_set": "5.7", **more}
    decisions = application.Decisions(source=source, sample=app, names=NAMES, **given)
    return application.resolve(decisions, Tools(app.parent / "cache"))


def test_a_directory_is_copied(app: Path) -> None:
    found = resolve(app, str(app))
    assert (found.root, found.package, found.existing, found.faults) == (app, "", "", [])
    assert found.checksums == [bundle.digest(bundle.read(app))]


def test_a_project_that_must_be_installed_is_built_once(app: Path, built: list[tuple[str, ...]]) -> None:
    (app / "src").mkdir()
    (app / "shop").rename(app / "src/shop")
    (app / "pyproject.toml").write_text(BUILD)
    before = bundle.digest(bundle.read(app))
    found = [resolve(app, str(app)) for _ in range(2)]
    assert [Path(one.package).name for one in found] == [WHEEL, WHEEL]
    assert (found[0].root, found[0].identity) == (None, before)
    assert len(built) == 1
    # A build leaves things in the folder that it is given.
    assert str(app) not in built[0]
    assert bundle.digest(bundle.read(app)) == before


def test_what_cannot_be_built_is_refused(app: Path) -> None:
    (fault,) = resolve(app, str(app), install="wheel").faults
    assert fault.message.startswith(f"`stack_app_source` is `{app}`: it has no `[build-system]`")
    assert fault.hint == "write `stack_app_install: copy`"


def test_a_build_that_fails_is_told(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise CommandError("`uv build` failed: error: x", log=["unable to detect version"])

    monkeypatch.setattr(Tools, "uv", fail)
    (app / "pyproject.toml").write_text(BUILD)
    (fault,) = resolve(app, str(app), install="wheel").faults
    assert "it cannot be built: `uv build` failed: error: x" in fault.message
    assert fault.hint.startswith("SETUPTOOLS_SCM_PRETEND_VERSION")


def archive(folder: Path, name: str, *files: str) -> Path:
    path = folder / name
    if name.endswith(".tar.gz"):
        with tarfile.open(path, "w:gz") as tar:
            for file in files:
                tar.addfile(tarfile.TarInfo(f"shop-1.4.2/{file}"), io.BytesIO())
    else:
        with zipfile.ZipFile(path, "w") as wheel:
            for file in files:
                wheel.writestr(file, "")
    return path


def test_a_wheel_is_installed_as_it_is(app: Path) -> None:
    path = archive(app.parent, WHEEL, "shop/__init__.py")
    found = resolve(app, str(path))
    assert (found.package, found.root, found.faults) == (str(path), None, [])
    assert found.identity == app_build.checksum(path)


def test_a_source_archive_is_built(app: Path, built: list[tuple[str, ...]]) -> None:
    path = archive(app.parent, "shop-1.4.2.tar.gz", "src/shop/__init__.py")
    found = resolve(app, str(path))
    assert Path(found.package).name == WHEEL
    assert built[0][-1] == str(path)


@pytest.mark.parametrize(
    ("name", "module", "says"),
    [
        (WHEEL, "hop", "`stack_app_module` is `hop`, which is not in"),
        ("shop.whl", "shop", "is not what a package's file is called"),
        ("shop-2-py3-none-any.whl", "shop", "is not there"),
    ],
)
def test_an_archive_that_cannot_be_used_is_refused(name: str, module: str, says: str, app: Path) -> None:
    if "-2-" not in name:
        archive(app.parent, name, "shop/__init__.py")
    (fault,) = resolve(app, str(app.parent / name), module=module).faults
    assert says in fault.message and fault.hint


def test_a_damaged_wheel_is_refused(app: Path) -> None:
    (app.parent / WHEEL).write_text("no zip")
    (fault,) = resolve(app, str(app.parent / WHEEL)).faults
    assert "it is no package" in fault.message


def test_a_package_and_a_place_on_the_host_need_nothing_here(app: Path) -> None:
    assert resolve(app, "shop==1.4.2").package == "shop==1.4.2"
    found = resolve(app, "existing:/srv/shop")
    assert (found.existing, found.root, found.package, found.faults) == ("/srv/shop", None, "", [])


@pytest.mark.parametrize("more", [{"source": "shop==1.4.2"}, {"requirements": "requirements.txt"}])
def test_nothing_is_installed_into_an_environment_of_the_host_s_own(more: dict[str, str], app: Path) -> None:
    (app / "requirements.txt").write_text("requests\n")
    given = {"source": str(app), "locate": lambda path: str(app / path), "venv": "/srv/venv", **more}
    (fault,) = resolve(app, **given).faults
    assert fault.message.startswith("`stack_app_venv` is `/srv/venv`, and `")
    # Its own requirements are for whoever made that environment.
    assert resolve(app, str(app), venv="/srv/venv").faults == []


def test_a_pin_that_does_not_work_is_refused_with_the_others(app: Path) -> None:
    (app / "requirements.txt").write_text("celery==5.7.0\nkombu==5.6.2\n")
    first, second = resolve(app, str(app), module="hop").faults
    assert first.message.startswith("`stack_app_module` is `hop`")
    assert second.message.startswith("`requirements.txt` pins celery 5.7.0, kombu 5.6.2")


def test_a_lock_and_its_changes_are_in_the_checksums(app: Path) -> None:
    (app / "requirements.txt").write_text("requests\n")
    outside = app.parent / "requirements.txt"
    outside.write_text("requests\n")
    before = resolve(app, str(app), requirements=str(outside)).checksums
    outside.write_text("requests>2\n")
    assert resolve(app, str(app), requirements=str(outside)).checksums != before


def test_a_login_in_an_address_that_is_refused_is_not_shown(app: Path) -> None:
    (fault,) = resolve(app, "https://user:s3cret@host/shop.whl").faults
    assert fault.message.startswith("`stack_app_source` is `https://***@host/shop.whl`")


def test_the_release_of_a_package_is_a_place_to_work_in() -> None:
    one, two = release.installed("shop==1.4.2"), release.installed("shop==1.4.3")
    assert [entry.name for entry in one] == ["SOURCE"]
    assert bundle.digest(one) != bundle.digest(two)


def test_a_folder_of_a_repository_is_in_it(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app.parent / "tree/app").mkdir(parents=True)
    (app.parent / "tree/app/shop.py").write_text("")
    (app.parent / "tree/link").symlink_to(app)
    monkeypatch.setattr(application.Repository, "checkout", lambda _: (app.parent / "tree", "abcdef0" * 6))
    assert resolve(app, "git+file:///srv/x@main#subdirectory=app").root == app.parent / "tree/app"
    for folder in ("link", "nowhere"):
        (fault,) = resolve(app, f"git+file:///srv/x@main#subdirectory={folder}").faults
        assert f"there is no folder `{folder}` at abcdef0" in fault.message


def test_only_the_newest_wheels_are_kept(
    app: Path, built: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_build, "KEPT", 2)
    (app / "pyproject.toml").write_text(BUILD)
    for number in range(4):
        (app / "shop/__init__.py").write_text(f"app = {number}\n")
        assert Path(resolve(app, str(app), install="wheel").package).exists()
    assert len(list((app.parent / "cache/wheels").iterdir())) == 2
