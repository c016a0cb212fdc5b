"""Releases: equal sources have equal digests, and what could harm a host is not packed."""

from __future__ import annotations

import os
import stat
import tarfile
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").write_text("x = 1\n")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o775)
    (root / "link").symlink_to("shop/__init__.py")
    return root


def digest(source: Path) -> str:
    return bundle.digest(bundle.read(source))


def test_digest_ignores_times_and_what_tools_leave_behind(source: Path) -> None:
    before = digest(source)
    for name in (".git", "__pycache__", ".venv", "node_modules", "own-env"):
        (source / name).mkdir()
        (source / name / "file").write_text("noise")
    (source / "own-env" / "pyvenv.cfg").write_text("")
    for name in ("a.pyc", ".x.swp", "x~", ".DS_Store"):
        (source / name).write_text("noise")
    os.utime(source / "run", (1, 1))
    (source / "shop" / "__init__.py").chmod(0o600)
    assert digest(source) == before


@pytest.mark.parametrize("change", ["content", "name", "executable", "link", "empty directory"])
def test_digest_sees_every_real_change(source: Path, change: str) -> None:
    before = digest(source)
    if change == "content":
        (source / "run").write_text("#!/bin/bash\n")
    elif change == "name":
        (source / "run").rename(source / "run2")
    elif change == "executable":
        (source / "run").chmod(0o664)
    elif change == "link":
        (source / "link").unlink()
        (source / "link").symlink_to("run")
    else:
        (source / "templates").mkdir()
    assert digest(source) != before


def test_unpacked_release_is_the_source_and_not_writable_by_others(source: Path, tmp_path: Path) -> None:
    archive, target = tmp_path / "release.tar.gz", tmp_path / "release"
    archive.write_bytes(bundle.pack(bundle.read(source)))
    bundle.unpack(archive, target)
    assert digest(target) == digest(source)
    assert stat.S_IMODE((target / "run").stat().st_mode) == 0o755
    assert stat.S_IMODE((target / "shop" / "__init__.py").stat().st_mode) == 0o644
    assert (target / "link").readlink() == Path("shop/__init__.py")


def test_packing_twice_gives_the_same_members(source: Path) -> None:
    first, second = (bundle.pack(bundle.read(source)) for _ in range(2))
    assert first[10:] == second[10:]  # but for the time in gzip's head


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside"])
def test_links_that_lead_out_are_refused(source: Path, target: str) -> None:
    (source / "out").symlink_to(target)
    with pytest.raises(bundle.BundleError, match=r"link `.*/out` leads out of the source"):
        bundle.read(source)


def test_what_is_no_file_is_refused(source: Path) -> None:
    os.mkfifo(source / "pipe")
    with pytest.raises(bundle.BundleError, match="pipe` is neither"):
        bundle.read(source)


def test_missing_and_empty_sources_are_refused(tmp_path: Path) -> None:
    with pytest.raises(bundle.BundleError, match="is not a directory"):
        bundle.read(tmp_path / "missing")
    with pytest.raises(bundle.BundleError, match="has no file in it"):
        bundle.read(tmp_path)


@pytest.mark.parametrize("name", ["/etc/evil", "../evil", "a/../../evil"])
def test_an_archive_that_leads_out_is_not_unpacked(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "evil.tar.gz"
    with tarfile.open(archive, "w:gz") as members:
        members.addfile(tarfile.TarInfo(name))
    with pytest.raises(bundle.BundleError, match="lies outside of the release"):
        bundle.unpack(archive, tmp_path / "release")


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "half.tar.gz"
    archive.write_bytes(b"\x1f\x8b half")
    with pytest.raises(bundle.BundleError, match=r"half\.tar\.gz` is damaged"):
        bundle.unpack(archive, tmp_path / "release")
