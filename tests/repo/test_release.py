"""What is given away fits together: versions, the change log, the collection's folders, the map in README."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

from tests.support.repository import ROOT, files, load, text

# What someone who installs the collection gets; the checkout has the rest.
SHIPPED = {"meta", "playbooks", "plugins", "roles"}
SHIPPED_FILES = {"CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md"}
# Housekeeping of tools: nobody looks for them by reading.
UNMENTIONED = {".gitignore", ".github", "README.md", "meta"}


def test_versions_agree() -> None:
    version = load("galaxy.yml")["version"]
    assert tomllib.loads(text("pyproject.toml"))["project"]["version"] == version
    headings = re.findall(r"^## \[?(\d+\.\d+\.\d+)\]?", text("CHANGELOG.md"), re.M)
    assert headings[:1] == [version]


def test_the_collection_has_the_allowed_folders(tmp_path: Path) -> None:
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    command = [str(galaxy), "collection", "build", "--output-path", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (archive,) = tmp_path.glob("rabbitry-stack-*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.split("/")[0] for name in tar.getnames() if "/" in name}
        alone = {name for name in tar.getnames() if "/" not in name} - names
    assert names == SHIPPED
    assert alone == SHIPPED_FILES


def test_readme_names_everything_at_the_top() -> None:
    top = {path.parts[0] for path in files()} - UNMENTIONED
    assert sorted(name for name in top if name not in text("README.md")) == []


def test_readme_is_short() -> None:
    assert len(text("README.md").splitlines()) <= 120


def test_what_readme_links_to_is_there() -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text(page))
        assert [link for link in links if not (ROOT / link).exists()] == []
