"""Images come from the ordinary ones where they can be had, and are built otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import images
from tests.support.docker import CommandFailed, Result
from tests.support.systems import SYSTEMS

NOW = "2126-01-01T00:00:00.0Z"


class Engine:
    """A Docker engine: images by name with their labels, and which of them a registry would give."""

    def __init__(self, here: tuple[str, ...] = (), registry: tuple[str, ...] = ()) -> None:
        self.images: dict[str, dict[str, str]] = {name: {} for name in here}
        self.registry = registry
        self.ran: list[str] = []
        self.bootstrapped: list[str] = []
        self.base = ""

    def docker(self, *words: str, seconds: float = 60, check: bool = True, stdin: object = None) -> Result:
        good, out = True, ""
        match words:
            case "image", "inspect", name:
                good = name in self.images
                facts = [{"Created": NOW, "Config": {"Labels": self.images.get(name)}}]
                out = json.dumps(facts)
            case "pull", _, name:
                good = name in self.registry
                self.images |= {name: {}} if good else {}
            case "create", *_, "sh", "-ec", line:
                self.base = words[-4]
                self.ran.append(f"{self.base}: {line}")
            case (("commit" | "import"), *_):
                found = [
                    word.removeprefix("LABEL ").split("=", 1) for word in words if word.startswith("LABEL")
                ]
                self.images[words[-1]] = {key: value.strip('"') for key, value in found}
        if check and not good:
            raise CommandFailed(f"docker {' '.join(words)}")
        return Result(" ".join(words), 0 if good else 1, out, "", 0)

    def run(self, command: list[str], *, seconds: float) -> Result:
        self.bootstrapped.append(command[-2])
        return Result("", 0, "", "", 0)


@pytest.fixture
def engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Engine]:
    found: Engine = getattr(request, "param", None) or Engine()
    images._has_ordinary.cache_clear()
    monkeypatch.setattr(images, "docker", found.docker)
    monkeypatch.setattr(images, "run", found.run)
    monkeypatch.setattr("tests.support.images.tempfile.gettempdir", lambda: str(tmp_path))
    yield found
    images._has_ordinary.cache_clear()


def given(**known: tuple[str, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("engine", [Engine(**known)], indirect=True)


@given(registry=("debian:trixie-slim",))
def test_the_ordinary_image_of_a_registry_is_used_unchanged(engine: Engine) -> None:
    assert images.ensure("trixie") == "rabbitry-test:trixie-warm"
    assert images.origin("trixie") == "debian:trixie-slim"
    assert engine.ran[0] == f"debian:trixie-slim: {SYSTEMS['trixie'].setup()}"
    assert engine.bootstrapped == []


@given(here=("debian:trixie-slim",))
def test_the_one_that_the_engine_has_is_used_without_a_registry(engine: Engine) -> None:
    images.ensure("trixie")
    assert images.origin("trixie") == "debian:trixie-slim"


def test_without_either_it_is_bootstrapped(engine: Engine) -> None:
    images.ensure("testing")
    assert images.origin("testing") == "mmdebstrap testing"
    assert engine.bootstrapped == ["testing"]


def test_what_only_a_registry_has_fails_without_one(engine: Engine) -> None:
    with pytest.raises(CommandFailed, match=r"ubuntu:24\.04"):
        images.ensure("ubuntu-24.04")


def test_packages_beyond_a_bare_machines_make_an_image_of_their_own(engine: Engine) -> None:
    name = images.ensure("trixie", ("zsh", "openssh-server"))
    assert name == "rabbitry-test:trixie-warm-openssh-server-zsh"
    assert "openssh-server" not in "".join(engine.ran[:-1])
    assert engine.ran[-1].startswith("rabbitry-test:trixie-warm: ")


def test_a_second_time_nothing_is_built(engine: Engine) -> None:
    images.ensure("trixie", ("zsh",))
    before = len(engine.ran)
    images.ensure("trixie", ("zsh",))
    assert len(engine.ran) == before and engine.bootstrapped == ["trixie"]


def test_without_mmdebstrap_it_is_said_what_is_missing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "why_not", lambda: None)
    monkeypatch.setattr("tests.support.images.shutil.which", lambda name: None)
    assert "apt-get install mmdebstrap" in (images.why_not_built() or "")


@given(registry=("debian:bookworm-slim", "debian:trixie-slim"))
def test_with_a_registry_mmdebstrap_is_not_needed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "why_not", lambda: None)
    monkeypatch.setattr("tests.support.images.shutil.which", lambda name: None)
    assert images.why_not_built() is None
