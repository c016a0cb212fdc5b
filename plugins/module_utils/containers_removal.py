"""Stops the containers of a stack and removes all that it brought to Docker, by their labels."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.container import PROJECT
from ansible_collections.rabbitry.stack.plugins.module_utils.containers import Compose, DockerError, run

# On images that this repository's recipes made, those under official names too.
RECIPE = "rabbitry.recipe"
SERVERS = ("rabbitmq-server", "redis-server")
ALIVE = ("running", "restarting", "paused")
# Seconds: each container has its own stop time.
PATIENCE = 3600

Things = list[dict[str, str]]


def stop(compose: Compose, check: bool = False) -> list[str]:
    """Stop what runs, who uses others before them, each within its own time; the services stopped."""
    alive = [one for one in compose.containers() if one.state in ALIVE]
    for servers in (False, True):
        chosen = [one for one in alive if one.service.startswith(SERVERS) == servers]
        if chosen and not check:
            paused = [one.id for one in chosen if one.state == "paused"]
            if paused:
                run(["docker", "unpause", *paused])
            run(["docker", "stop", *(one.id for one in chosen)], PATIENCE)
    return sorted(one.service for one in alive)


def remove(compose: Compose, paths: Sequence[str], check: bool = False) -> tuple[Things, Things]:
    """Remove containers, volumes, networks, images and files; (what goes, what stays and why)."""
    if not check:
        stop(compose)
    mine = f"label={PROJECT}={compose.project}"
    found = [
        *(("container", one.id, one.name) for one in compose.containers()),
        *(("volume", name, name) for name in run(["docker", "volume", "ls", "-q", "--filter", mine]).split()),
        *(("network", name, name) for name in _networks(mine)),
    ]
    gone: Things = [{"kind": kind, "name": name} for kind, _, name in found]
    for kind, key, _ in found:
        if not check:
            run(["docker", kind, "rm", *(["--force"] if kind == "container" else []), key])
    images, kept = _images(compose.project, check)
    for path in map(Path, paths):
        if path.exists():
            gone.append({"kind": "directory" if path.is_dir() else "file", "name": str(path)})
            if not check:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    return gone + images, kept


def _networks(mine: str) -> list[str]:
    return run(["docker", "network", "ls", "--filter", mine, "--format", "{{.Name}}"]).split()


def _images(project: str, check: bool) -> tuple[Things, Things]:
    """Images of the application and those that stand in for official ones; one that others use stays."""
    listed = run(["docker", "image", "ls", "-q", "--no-trunc", "--filter", f"label={RECIPE}"]).split()
    images = json.loads(run(["docker", "image", "inspect", *dict.fromkeys(listed)])) if listed else []
    gone: Things = []
    kept: Things = []
    used = _used(project)
    for image in sorted(images, key=lambda one: str(one["Created"]), reverse=True):
        names = image["RepoTags"] or []
        others = [
            name for name in names if name.startswith("rabbitry-") and not name.startswith(f"{project}:")
        ]
        if others:
            # Another stack has the same application: only its name for it goes.
            for name in (one for one in names if one.startswith(f"{project}:")):
                gone.append({"kind": "image", "name": name})
                if not check:
                    run(["docker", "image", "rm", name])
            continue
        shown = names[0] if names else image["Id"].partition(":")[2][:12]
        if image["Id"] in used:
            kept.append({"kind": "image", "name": shown, "why": "another container uses it"})
            continue
        try:
            if not check:
                run(["docker", "image", "rm", "--force", image["Id"]])
        except DockerError as error:
            # Others are built upon it.
            kept.append({"kind": "image", "name": shown, "why": str(error)})
            continue
        gone.append({"kind": "image", "name": shown})
    return gone, kept


def _used(project: str) -> set[str]:
    """Images of containers that are not of this project."""
    listed: Iterable[str] = run(["docker", "ps", "-aq", "--no-trunc"]).split()
    if not listed:
        return set()
    every = json.loads(run(["docker", "inspect", *listed]))
    return {one["Image"] for one in every if (one["Config"]["Labels"] or {}).get(PROJECT) != project}
