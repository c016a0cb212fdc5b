"""Reads where an application comes from: a directory, git, an archive, a package, or a place on the host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

ARCHIVES = (".whl", ".tar.gz", ".zip")
TRANSPORTS = ("https", "http", "ssh", "file", "git")
EXISTING = "existing:"
REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[A-Za-z0-9._,\s-]*\])?"
    r"\s*(?:(?:===?|~=|!=|<=?|>=?)\s*[A-Za-z0-9.*+!_-]+\s*,?\s*)+"
)
# A wheel's name: distribution, version, perhaps a build number, and three tags.
WHEEL = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl")
SDIST = re.compile(r"(?P<name>.+)-(?P<version>\d[^-]*)\.(?:tar\.gz|zip)")


class SourceError(ValueError):
    """A source that cannot be read; the message continues "`…` is `…`: ", `hint` is a line to paste."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, kw_only=True)
class Source:
    """`kind` is directory, git, archive, requirement or existing.

    `path` is what a directory, an archive or an existing application is at, as it was given; of git it is the
    subdirectory. `url` has no credentials; `login` is "user:password" for it, "" when none was given.
    `requirement` is what pip would be told. `shown` may be printed.
    """

    kind: str
    shown: str
    path: str = ""
    url: str = ""
    login: str = ""
    ref: str = ""
    requirement: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether it is a package already, whatever is in it."""
        return self.kind in ("archive", "requirement")


def parse(given: str) -> Source:
    """The source that the text means; SourceError for one that nothing here can fetch."""
    text = given.strip()
    if text.startswith(EXISTING):
        return _existing(text)
    if text.startswith("git+"):
        return _git(text)
    if re.match(r"[\w.-]+@[\w.-]+:", text):
        raise SourceError(
            "git's short addresses are not taken", f"write `git+ssh://{text.replace(':', '/', 1)}`"
        )
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    if scheme and scheme[1].lower() == "file":
        return parse(unquote(urlsplit(text).path))
    if scheme or " @ " in text:
        hint = "name a directory, `git+https://…@ref`, a wheel, or a package like `shop==1.4.2`"
        raise SourceError("no such kind of address is known", hint)
    if text.endswith(ARCHIVES):
        return Source(kind="archive", shown=text, path=text)
    if "/" not in text and not text.startswith(("~", ".")) and REQUIREMENT.fullmatch(text):
        return Source(kind="requirement", shown=text, requirement=text)
    return Source(kind="directory", shown=text, path=text)


def _existing(text: str) -> Source:
    path = text.removeprefix(EXISTING).rstrip("/")
    if not path.startswith("/") or "/../" in f"{path}/":
        raise SourceError(
            "`existing:` needs the whole path of a directory on the host", "write `existing:/srv/shop`"
        )
    return Source(kind="existing", shown=text, path=path)


def _git(text: str) -> Source:
    try:
        parts = urlsplit(text.removeprefix("git+"))
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in TRANSPORTS or not parts.path.strip("/"):
        # git's own git@host:path has no scheme.
        hint = "write `git+https://host/owner/shop.git@main` or `git+ssh://git@host/owner/shop.git@main`"
        raise SourceError("that is no address of a git repository", hint)
    path, _, ref = parts.path.rpartition("@")
    path, ref = (path, ref) if path else (parts.path, "")
    host, login = parts.netloc, ""
    if "@" in host and parts.scheme in ("https", "http"):
        login, _, host = host.rpartition("@")
        login = ":".join(unquote(part) for part in login.split(":", 1))
    if ":" in host.rpartition("@")[0]:
        raise SourceError(f"a password has no use with {parts.scheme}", "leave it out, and use a key")
    subdirectory = parse_qs(parts.fragment).get("subdirectory", [""])[0].strip("/")
    if ".." in subdirectory.split("/"):
        raise SourceError("its `subdirectory` leads out of the repository", "leave `..` out of it")
    if ref.startswith("-"):
        raise SourceError("its ref begins with `-`", "name a branch, a tag or a commit")
    url = urlunsplit((parts.scheme, host, path, "", ""))
    shown = f"git+{url}" + (f"@{ref}" if ref else "")
    shown += f"#subdirectory={subdirectory}" if subdirectory else ""
    return Source(kind="git", shown=shown, path=subdirectory, url=url, login=login, ref=ref)


def distribution(file: str) -> tuple[str, str]:
    """Name and version that an archive's file name tells; SourceError when it does not."""
    found = WHEEL.fullmatch(file) if file.endswith(".whl") else SDIST.fullmatch(file)
    if not found:
        raise SourceError(
            f"`{file}` is not what a package's file is called", "uv build --wheel   # in the project's folder"
        )
    return found["name"], found["version"]
