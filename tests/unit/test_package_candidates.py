"""Which release apt would bring in place of an installed broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import versions

STATUS = """\
Package: rabbitmq-server
Status: install ok installed
Version: {}

Package: erlang-base
Status: install ok installed
Version: 1:25.2.3+dfsg-1
"""
LIST = "Package: rabbitmq-server\nVersion: 4.0.5-6+deb13u2\n"
POLICY = """\
rabbitmq-server:
  Installed: 3.10.8-1.1
  Candidate: {}
  Version table:
     4.0.5-6+deb13u2 500
erlang-base:
  Installed: 1:25.2.3+dfsg-1
  Candidate: 1:27.3.4.1+dfsg-1
"""


@contextmanager
def apt_cache(path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> Iterator[Callable[[], bool]]:
    """Let `apt-cache` say this; gives whether it was asked."""
    asked: list[list[str]] = []

    def run(words: list[str], **options: Any) -> Any:
        asked.append(words)
        return type("Done", (), {"stdout": said})

    (path / "usr/bin").mkdir(parents=True)
    (path / "usr/bin/apt-get").touch()
    monkeypatch.setattr(versions.subprocess, "run", run)
    yield lambda: bool(asked)


def host(path: Path, installed: str) -> None:
    for name, content in (("dpkg/status", STATUS.format(installed)), ("apt/lists/x_Packages", LIST)):
        (path / "var/lib" / name).parent.mkdir(parents=True, exist_ok=True)
        (path / "var/lib" / name).write_text(content)


NAMES = ["rabbitmq-server", "erlang-base"]


def test_what_apt_prefers_to_an_installed_broker_is_its_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(tmp_path, "3.10.8-1.1")
    with apt_cache(tmp_path, monkeypatch, POLICY.format("4.0.5-6+deb13u2")):
        found = versions.versions(tmp_path, NAMES)
    assert found["rabbitmq-server"] == {"installed": "3.10.8-1.1", "candidate": "4.0.5-6+deb13u2"}
    assert found["erlang-base"] == {"installed": "1:25.2.3+dfsg-1", "candidate": "1:27.3.4.1+dfsg-1"}


def test_apt_is_not_asked_about_a_broker_of_the_newest_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(tmp_path, "4.0.5-6+deb13u1")
    with apt_cache(tmp_path, monkeypatch, POLICY.format("4.0.5-6+deb13u2")) as asked:
        assert versions.versions(tmp_path, NAMES)["rabbitmq-server"]["candidate"] == ""
        assert not asked()
