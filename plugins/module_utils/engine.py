"""What Docker on this machine can do, and which of its ports are published by which compose project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.container import PROJECT, SERVICE
from ansible_collections.rabbitry.stack.plugins.module_utils.containers import DockerError, run

PATIENCE = 15
PID = Path("/run/docker.pid")


def look() -> dict[str, Any]:
    """Return {"client", "engine", "compose", "fault", "files", "published"}; never raises.

    The first three are versions, "" for what is not there or does not answer, which `fault` then tells in
    Docker's words. "files" is how many a container may hold open at most, 0 when unknown. "published":
    [{"port", "project", "service", "running"}], the project "" where none is named; of stopped ones too.
    "services": {project: [service that has a container]}.
    """
    found: dict[str, Any] = {"client": "", "engine": "", "compose": "", "fault": "", "published": []}
    found |= {"files": _open_files(), "services": {}}
    try:
        # Also without an engine it tells of itself, and fails.
        told = run(["docker", "version", "--format", "{{json .}}"], PATIENCE, failing=True)
        versions = json.loads(told or '{"Client": {"Version": ""}}')
        found["client"] = versions["Client"]["Version"]
        found["engine"] = (versions.get("Server") or {}).get("Version", "")
        if not found["engine"]:
            # It says why only to who asks the engine something.
            run(["docker", "ps", "--quiet"], PATIENCE)
        listed = run(["docker", "ps", "--all", "--quiet", "--no-trunc"], PATIENCE).split()
        there = json.loads(run(["docker", "inspect", *listed], PATIENCE)) if listed else []
        found["published"], found["services"] = _published(there), _services(there)
        found["compose"] = run(["docker", "compose", "version", "--short"], PATIENCE).strip().lstrip("v")
    except DockerError as error:
        found["fault"] = str(error)
    return found


def _published(containers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "port": int(binding["HostPort"]),
            "project": (one["Config"]["Labels"] or {}).get(PROJECT, ""),
            "service": one["Name"].lstrip("/"),
            "running": one["State"]["Running"] or one["State"]["Restarting"],
        }
        for one in containers
        for bindings in (one["HostConfig"]["PortBindings"] or {}).values()
        for binding in bindings or []
        if binding["HostPort"]
    ]


def _services(containers: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in containers:
        labels = one["Config"]["Labels"] or {}
        if PROJECT in labels and SERVICE in labels:
            found.setdefault(labels[PROJECT], []).append(labels[SERVICE])
    return found


def _open_files(pid: Path = PID, proc: Path = Path("/proc")) -> int:
    """The engine's own hard limit: it can give no container a higher one, unless it may do everything."""
    with suppress(OSError, ValueError, IndexError):
        limits = (proc / pid.read_text(encoding="ascii").strip() / "limits").read_text(encoding="ascii")
        line = next(one for one in limits.splitlines() if one.startswith("Max open files"))
        return int(line.split()[4])
    return 0
