"""An application from git: each spelling of a ref, no second fetch, and no login where it could be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import app_source
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import CommandError, Tools
from ansible_collections.rabbitry.stack.plugins.plugin_utils.git_checkout import Repository

AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@localhost")


class Origin:
    """A repository with one commit, the branch `main`, and the tags `light` and `annotated`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.git("init", "-q", "-b", "main")
        self.first = self.commit("1")
        self.git("tag", "light")
        self.git(*AUTHOR, "tag", "-a", "annotated", "-m", "x")

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, text: str) -> str:
        (self.path / "shop.py").write_text(text)
        self.git("add", "-A")
        self.git(*AUTHOR, "commit", "-q", "-m", text)
        return self.git("rev-parse", "HEAD")

    def at(self, ref: str, tools: Tools) -> Repository:
        return Repository(app_source.parse(f"git+file://{self.path}{ref}"), tools)


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path / "cache")


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "origin")


@pytest.mark.parametrize("ref", ["", "@main", "@light", "@annotated", "@COMMIT", "@SHORT"])
def test_a_ref_is_a_commit(ref: str, origin: Origin, tools: Tools) -> None:
    named = ref.replace("COMMIT", origin.first).replace("SHORT", origin.first[:9])
    tree, commit = origin.at(named, tools).checkout()
    assert commit == origin.first
    assert (tree / "shop.py").read_text() == "1"


def test_an_old_commit_in_the_middle_is_found(origin: Origin, tools: Tools) -> None:
    second = origin.commit("2")
    origin.commit("3")
    assert origin.at(f"@{second[:10]}", tools).checkout()[1] == second
    assert origin.at(f"@{second}", tools).checkout()[1] == second


def test_a_branch_that_moved_is_fetched_and_what_was_deleted_goes(origin: Origin, tools: Tools) -> None:
    (origin.path / "old.py").write_text("")
    origin.commit("2")
    tree, _ = origin.at("@main", tools).checkout()
    assert (tree / "old.py").exists()
    (origin.path / "old.py").unlink()
    third = origin.commit("3")
    tree, commit = origin.at("@main", tools).checkout()
    assert (commit, (tree / "shop.py").read_text(), (tree / "old.py").exists()) == (third, "3", False)


def test_what_is_there_is_not_fetched_again(
    origin: Origin, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = origin.at("@main", tools)
    repository.checkout()
    monkeypatch.setattr(Repository, "_fetch", lambda *_: pytest.fail("fetched again"))
    assert repository.checkout()[1] == origin.first


def test_a_commit_that_is_there_is_not_even_asked_for(
    origin: Origin, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = origin.at(f"@{origin.first}", tools)
    repository.checkout()
    monkeypatch.setattr(Repository, "_git", lambda *_, **__: pytest.fail("asked again"))
    assert repository.checkout()[1] == origin.first


@pytest.mark.parametrize("ref", ["nowhere", "abcdef1234"])
def test_a_ref_that_is_not_there_is_named(ref: str, origin: Origin, tools: Tools) -> None:
    with pytest.raises(CommandError, match=f"no .*commit `{ref}`") as raised:
        origin.at(f"@{ref}", tools).checkout()
    assert raised.value.hint == f"git ls-remote file://{origin.path}"


def test_a_repository_that_is_not_there_is_named(tmp_path: Path, tools: Tools) -> None:
    with pytest.raises(CommandError, match="does not appear to be a git repository") as raised:
        Repository(app_source.parse(f"git+file://{tmp_path}/none@main"), tools).checkout()
    assert raised.value.hint == f"git ls-remote file://{tmp_path}/none"


RECORD = """\
#!{python}
import os, sys
with open({log!r}, "a") as file:
    file.write(" ".join(sys.argv) + "\\n")
    file.writelines(f"env {{k}}={{v}}\\n" for k, v in os.environ.items() if k.startswith("GIT_CONFIG"))
print("fatal: unable to access: s3cret-t0ken", file=sys.stderr)
sys.exit(128)
"""


@pytest.mark.parametrize("login", ["user:s3cret-t0ken", "s3cret-t0ken"])
def test_a_login_is_on_no_command_line_and_in_no_message(login: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(RECORD.format(python=sys.executable, log=str(log)))
    fake.chmod(0o755)
    source = app_source.parse(f"git+https://{login}@host/shop.git@main")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
        patch.setenv("GIT_CONFIG_COUNT", "1")
        patch.setenv("GIT_CONFIG_KEY_0", "http.proxy")
        patch.setenv("GIT_CONFIG_VALUE_0", "proxy.example.org")
        with pytest.raises(CommandError) as raised:
            Repository(source, Tools(tmp_path / "cache")).checkout()
    said = " ".join([str(raised.value), raised.value.hint, *raised.value.log])
    assert "unable to access" in said and "s3cret" not in said
    recorded = log.read_text()
    assert "ls-remote -- https://host/shop.git" in recorded and "s3cret" not in recorded
    assert "env GIT_CONFIG_COUNT=3" in recorded and "env GIT_CONFIG_KEY_0=http.proxy" in recorded
    assert "env GIT_CONFIG_KEY_2=http.https://host/shop.git.extraHeader" in recorded
    assert "Authorization: Basic " in recorded
