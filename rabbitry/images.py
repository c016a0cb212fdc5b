"""The verb `images`: makes the images that compose.yaml names from Debian's packages, without a registry."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rabbitry import containers, host, report
from rabbitry.environment import ROOT, Environment
from rabbitry.errors import StackError
from rabbitry.report import Progress

if TYPE_CHECKING:
    from docker import DockerClient

COMPOSE = ROOT / "compose"
RECIPE, KEY = "rabbitry.recipe", "rabbitry.key"
PATIENCE = 900
FROM = re.compile(r"^FROM (\S+)", re.M)
# What this machine trusts beyond the public authorities.
CERTIFICATES = Path("/usr/local/share/ca-certificates")
# As Debian's own image: little documentation, and no service that starts while packages are installed.
OPTIONS = (
    "--variant=minbase",
    "--include=ca-certificates",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    '--customize-hook=rm -f "$1/etc/hostname" "$1/etc/resolv.conf"; : > "$1/etc/machine-id"',
    "--customize-hook=printf '#!/bin/sh\\nexit 101\\n' > \"$1/usr/sbin/policy-rc.d\""
    ' && chmod 0755 "$1/usr/sbin/policy-rc.d"',
)
TRUST = (
    f'--customize-hook=mkdir -p "$1{CERTIFICATES}" && cp {CERTIFICATES}/*.crt "$1{CERTIFICATES}/"'
    ' && chroot "$1" update-ca-certificates >/dev/null 2>&1'
)


def images(environment: Environment, *, force: bool = False) -> None:
    """Build what is missing or has another recipe by now; with `force` all that are ours.

    An image that somebody else made, the official one say, is left as it is.
    """
    engine = containers.client(PATIENCE)
    rows: list[tuple[str, ...]] = []
    with report.progress() as progress:
        for name, recipe in needed().items():
            rows.append((name, _made(engine, name, recipe, force, progress)))
        for name, context in applications(environment):
            with progress.step(f"Image {name}") as phase:
                phase.changed = int(_labels(engine, name) is None)
                if phase.changed:
                    _build(engine, context, name, {})
            rows.append((name, "compose/Dockerfile"))
    report.table(rows, ("image", "made from"))


def needed() -> dict[str, Path | None]:
    """The images of compose.yaml by name with their recipes, what they are built upon first, without one."""
    document = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))
    named = [service["image"] for service in document["services"].values()]
    recipes = {name: COMPOSE / "images" / name.partition(":")[0] for name in dict.fromkeys(named)}
    files = [COMPOSE / "Dockerfile", *(path / "Dockerfile" for path in recipes.values())]
    bases = {base for file in files for base in FROM.findall(file.read_text(encoding="utf-8"))}
    return {**dict.fromkeys(sorted(bases)), **recipes}


def _made(engine: DockerClient, name: str, recipe: Path | None, force: bool, progress: Progress) -> str:
    """What an image is made of now."""
    labels = _labels(engine, name)
    if labels is not None and RECIPE not in labels:
        return "as it came: it was not built here"
    key = _key(recipe)
    if labels is None or force or labels.get(KEY) != key:
        with progress.step(f"Image {name}") as phase:
            phase.changed = 1
            if recipe:
                _build(engine, recipe, name, {KEY: key})
            else:
                _bootstrap(engine, name, key)
    return str((_labels(engine, name) or {}).get(RECIPE, ""))


def _bootstrap(engine: DockerClient, name: str, key: str) -> None:
    """A minimal Debian, by mmdebstrap from the machine's own mirror."""
    if shutil.which("mmdebstrap") is None:
        raise StackError(
            f"the image {name} is not here, and `mmdebstrap`, which makes it, is not installed",
            "sudo apt-get install mmdebstrap",
        )
    repository, _, tag = name.partition(":")
    with tempfile.TemporaryDirectory(prefix="rabbitry-image-") as folder:
        archive = f"{folder}/debian.tar"
        trust = [TRUST] if any(CERTIFICATES.glob("*.crt")) else []
        answer = host.run(["mmdebstrap", *OPTIONS, *trust, tag.partition("-")[0], archive], timeout=PATIENCE)
        if answer.code:
            raise StackError(f"`mmdebstrap` made no image {name}", "mmdebstrap --version", answer.lines[-15:])
        changes = ['CMD ["bash"]', f"LABEL {RECIPE}=mmdebstrap", f"LABEL {KEY}={key}"]
        engine.api.import_image_from_file(archive, repository=repository, tag=tag, changes=changes)


def _build(engine: DockerClient, folder: Path, name: str, labels: Mapping[str, str]) -> None:
    from docker.errors import APIError, BuildError

    try:
        engine.images.build(path=str(folder), tag=name, rm=True, labels=dict(labels), timeout=PATIENCE)
    except BuildError as error:
        said = [line for each in error.build_log for line in str(each.get("stream", "")).splitlines()]
        raise StackError(f"the image {name} cannot be built: {error}", f"ls {folder}", said[-15:]) from error
    except APIError as error:
        raise StackError(f"the image {name} cannot be built: {error.explanation}", f"ls {folder}") from error


def _labels(engine: DockerClient, name: str) -> dict[str, Any] | None:
    from docker.errors import ImageNotFound

    try:
        return dict(engine.images.get(name).labels)
    except ImageNotFound:
        return None


def applications(environment: Environment) -> list[tuple[str, Path]]:
    """The images of applications with what they are built from, as far as it was written down."""
    path = environment.state / "compose" / "programs.yaml"
    if not path.exists():
        return []
    services = yaml.safe_load(path.read_text(encoding="utf-8"))["services"].values()
    return [(one["image"], path.parent / one["build"]["context"]) for one in services if "build" in one]


def _key(recipe: Path | None) -> str:
    text = (recipe / "Dockerfile").read_text(encoding="utf-8") if recipe else "\0".join((*OPTIONS, TRUST))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
