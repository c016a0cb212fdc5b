"""Fetches an application from git on the controller, one commit and nothing before it."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.plugin_utils.app_source import Source
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import CommandError, Tools, program, run

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
ABBREVIATED = re.compile(r"[0-9a-f]{7,40}")
DONE = "checked-out"
# What tells git, in one of its hooks say, to work in another repository.
ELSEWHERE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"}


class Repository:
    """The repository of one source and its part of the cache, which no other source shares."""

    def __init__(self, source: Source, tools: Tools) -> None:
        self.source = source
        self.tools = tools
        key = hashlib.sha256(f"{source.url}\0{source.ref}".encode()).hexdigest()[:16]
        self.name = f"git/{key}"

    def checkout(self) -> tuple[Path, str]:
        """(folder with the files, the commit): asks where the ref is now, fetches only what is new.

        CommandError when the repository cannot be reached or has no such ref.
        """
        with self.tools.locked(self.name) as place:
            tree, note = place / "tree", place / DONE
            have = note.read_text(encoding="utf-8").strip() if note.exists() else ""
            commit = self._commit(have)
            if not commit or commit != have:
                note.unlink(missing_ok=True)
                commit = self._fetch(tree, commit)
                note.write_text(f"{commit}\n", encoding="utf-8")
            return tree, commit

    def _commit(self, have: str) -> str:
        """Where the ref is, "" where only a fetch can tell: a part of a commit's name."""
        ref = self.source.ref
        if COMMIT.fullmatch(ref) or (have and ABBREVIATED.fullmatch(ref) and have.startswith(ref)):
            return have if have.startswith(ref) else ref
        wanted = [ref, f"{ref}^{{}}"] if ref else ["HEAD"]
        listed = self._git("ls-remote", "--", self.source.url, *wanted)
        found = {name: commit for commit, _, name in (line.partition("\t") for line in listed.splitlines())}
        names = (
            ["HEAD"] if not ref else [f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}", ref]
        )
        commit = next((found[name] for name in names if name in found), "")
        if not commit and not ABBREVIATED.fullmatch(ref):
            raise CommandError(
                f"the repository has no branch, tag or commit `{ref or 'HEAD'}`",
                f"git ls-remote {self.source.url}",
            )
        return commit

    def _fetch(self, tree: Path, commit: str) -> str:
        """Make `tree` the files of the commit, or of the ref when that is not known; returns the commit."""
        if not (tree / ".git").is_dir():
            shutil.rmtree(tree, ignore_errors=True)
            self._git("init", "--quiet", str(tree))
        quiet = ("--quiet", "--no-tags", "--force")
        try:
            if not commit:
                raise CommandError("only the whole history tells which commit is meant")
            self._git("fetch", *quiet, "--depth=1", self.source.url, commit, cwd=tree)
        except CommandError:
            # Not every server gives a commit that no branch ends with.
            refs = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
            deepen = ["--unshallow"] if (tree / ".git/shallow").exists() else []
            self._git("fetch", *quiet, *deepen, self.source.url, *refs, cwd=tree)
        wanted = f"{commit or self.source.ref}^{{commit}}"
        try:
            commit = self._git("rev-parse", "--verify", "--quiet", wanted, cwd=tree).strip()
        except CommandError as error:
            raise CommandError(
                f"the repository has no commit `{self.source.ref}`", f"git ls-remote {self.source.url}"
            ) from error
        self._git("checkout", "--quiet", "--force", "--detach", commit, cwd=tree)
        self._git("clean", "--quiet", "-ffdx", cwd=tree)
        if (tree / ".gitmodules").exists():
            # Their addresses may be relative to the repository's own, which is then looked for as its origin.
            self._git("config", "remote.origin.url", self.source.url, cwd=tree)
            modules = ("submodule", "--quiet", "update", "--init", "--recursive", "--force", "--depth=1")
            self._git(*modules, cwd=tree)
        return commit

    def _git(self, *words: str, cwd: Path = Path("/")) -> str:
        try:
            return run([program("git"), *words], self._environment(), cwd, self._secrets)
        except CommandError as error:
            error.hint = error.hint or f"git ls-remote {self.source.url}"
            raise

    @property
    def _secrets(self) -> Sequence[str]:
        user, _, password = self.source.login.partition(":")
        # A token stands in the place of the user too.
        return [password] if password else [user]

    def _environment(self) -> dict[str, str]:
        """git's environment: it asks nobody, trusts what pip trusts, and gets a login by a header."""
        given = {name: value for name, value in self.tools.environment.items() if name not in ELSEWHERE}
        given |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
        given.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        certificates = given.get("SSL_CERT_FILE") or given.get("PIP_CERT")
        if certificates:
            given.setdefault("GIT_SSL_CAINFO", certificates)
        settings = {"advice.detachedHead": "false"}
        if self.source.login:
            login = self.source.login if ":" in self.source.login else f"{self.source.login}:"
            value = base64.b64encode(login.encode()).decode()
            settings[f"http.{self.source.url}.extraHeader"] = f"Authorization: Basic {value}"
        # Behind those that the caller's environment has.
        count = int(given.get("GIT_CONFIG_COUNT") or 0)
        given["GIT_CONFIG_COUNT"] = str(count + len(settings))
        for number, (key, value) in enumerate(settings.items(), count):
            given |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return given
