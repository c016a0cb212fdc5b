"""What Docker on this machine can do, and which of its ports are published by which compose project."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.containers import PROJECT, DockerError, run

PATIENCE = 15
PID = Path("/run/docker.pid")


def look() -> dict[str, Any]:
    """Return {"client", "engine", "compose", "fault", "files", "published"}; never raises.

    The first three are versions, "" for what is not there or does not answer, which `fault` then tells in
    Docker's words. "files" is how many a container may hold open at most, 0 when unknown. "published":
    [{"port", "project", "service", "running"}], the project "" where none is named; of stopped ones too.
    """
    found: dict[str, Any] = {"client": "", "engine": "", "compose": "", "fault": "", "published": []}
    found["files"] = _open_files()
    try:
        # Also without an engine it tells of itself, and fails.
        told = run(["docker", "version", "--format", "{{json .}}"], PATIENCE, failing=True)
        versions = json.loads(told or '{"Client": {"Version": ""}}')
        found["client"] = versions["Client"]["Version"]
        found["engine"] = (versions.get("Server") or {}).get("Version", "")
        if not found["engine"]:
            # It says why only to who asks the engine something.
            run(["docker", "ps", "--quiet"], PATIENCE)
        found["published"] = _published()
        found["compose"] = run(["docker", "compose", "version", "--short"], PATIENCE).strip().lstrip("v")
    except DockerError as error:
        found["fault"] = str(error)
    return found


def _published() -> list[dict[str, Any]]:
    listed = run(["docker", "ps", "--all", "--quiet", "--no-trunc"], PATIENCE).split()
    if not listed:
        return []
    return [
        {
            "port": int(binding["HostPort"]),
            "project": (one["Config"]["Labels"] or {}).get(PROJECT, ""),
            "service": one["Name"].lstrip("/"),
            "running": one["State"]["Running"] or one["State"]["Restarting"],
        }
        for one in json.loads(run(["docker", "inspect", *listed], PATIENCE))
        for bindings in (one["HostConfig"]["PortBindings"] or {}).values()
        for binding in bindings or []
        if binding["HostPort"]
    ]


def _open_files(pid: Path = PID, proc: Path = Path("/proc")) -> int:
    """The engine's own hard limit: it can give no container a higher one, unless it may do everything."""
    with suppress(OSError, ValueError, IndexError):
        limits = (proc / pid.read_text(encoding="ascii").strip() / "limits").read_text(encoding="ascii")
        line = next(one for one in limits.splitlines() if one.startswith("Max open files"))
        return int(line.split()[4])
    return 0
