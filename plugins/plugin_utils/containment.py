"""What a stack in containers is given, as text: compose's programs.yaml and .env, who gets which file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.compose import escaped, render
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service

# Below the stack's directory, on the machine that runs Docker.
FILES, IMAGE, PROGRAMS = "files", "image", "programs.yaml"
# A directory of these is mounted whole; from elsewhere only the file itself, beside what the image has there.
CONFIGURATION = PurePosixPath("/etc")
PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]*\Z")

Files = Mapping[str, Sequence[Mapping[str, Any]]]
Data = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program of the application; `volumes` are {name: directory that outlives its container}."""

    service: Service
    files: Sequence[Mapping[str, Any]]
    ports: Sequence[str] = ()
    volumes: Mapping[str, str] = field(default_factory=dict)


def programs(found: Iterable[Program], image: str, fragment: str) -> Data:
    """Return the document programs.yaml: every program as a service that extends the hand-written `fragment`.

    The first of them builds the image, which all have. One more container of each worker is in the profile
    `workers`. Raises InvalidService for what compose cannot carry.
    """
    services: Data = {}
    volumes: Data = {}
    for program in found:
        name = program.service.name
        services[name] = _service(program, image, fragment)
        volumes |= dict.fromkeys(program.volumes)
        if program.service.command[3:4] == ("worker",):
            services[f"{name}-more"] = {
                **services[name], "hostname": f"{name}-more", "profiles": ["workers"],
            }  # fmt: skip
    for service in list(services.values())[:1]:
        service["build"] = {"context": f"./{IMAGE}", "args": {"PIP_INDEX_URL": "${PIP_INDEX_URL:-}"}}
    return {"services": services, **({"volumes": volumes} if volumes else {})}


def _service(program: Program, image: str, fragment: str) -> Data:
    service = program.service
    mounts = [
        f"./{FILES}/{service.name}{place}:{place}:ro" for place in dict.fromkeys(map(mounted, program.files))
    ]
    kept = [f"{name}:{path}" for name, path in program.volumes.items()]
    own = {
        "extends": {"file": fragment, "service": "program"},
        "image": image,
        "hostname": service.name,
        "labels": {"rabbitry.configuration": configuration(program.files, watched(service))},
        **({"ports": list(program.ports)} if program.ports else {}),
        "volumes": [*mounts, *kept],
    }
    return {**escaped(own), **render(service)}


def mounted(file: Mapping[str, Any]) -> str:
    """What is mounted for a file, by its path in the container: its directory, or itself."""
    path = PurePosixPath(str(file["path"]))
    return str(path.parent if path.is_relative_to(CONFIGURATION) else path)


def watched(service: Service) -> list[str]:
    """The files whose content a running process has read already."""
    return [*service.watch, *([service.environment_file] if service.environment_file else [])]


def configuration(files: Iterable[Mapping[str, Any]], watch: Iterable[str]) -> str:
    """A checksum over those of the files that are watched: another one asks for another container."""
    contents = {str(file["path"]): str(file["content"]) for file in files}
    parts = [f"{path}\0{contents[path]}" for path in sorted(set(watch)) if path in contents]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def variables(values: Mapping[str, Any]) -> str:
    """Return the text of compose's .env; ValueError for a value that its format cannot carry as it is."""
    lines = ["# Written by Rabbitry; changes made here are overwritten."]
    for name, value in values.items():
        text = str(value)
        if "'" in text or "\n" in text:
            raise ValueError(f"compose cannot carry the value of {name}, `{text}`, in its .env")
        lines.append(f"{name}={text}" if PLAIN.match(text) else f"{name}='{text}'")
    return "\n".join([*lines, ""])
