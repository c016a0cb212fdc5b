"""What a stack in containers is given, as text: compose's programs.yaml and .env, who gets which file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.module_utils.compose import escaped, render
from ansible_collections.rabbitry.stack.plugins.module_utils.containers import MORE
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service

# Below the stack's directory, on the machine that runs Docker.
FILES, IMAGES, PROGRAMS = "files", "images", "programs.yaml"
# Of an image's directory: there also when nothing is in them.
PLACES = ("application", "certificates", "package")
# A directory of these is mounted whole; from elsewhere only the file itself, beside what the image has there.
CONFIGURATION = PurePosixPath("/etc")
PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]*\Z")

Files = Mapping[str, Sequence[Mapping[str, Any]]]
Data = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program of an application; `volumes` are {name: directory that outlives its container}.

    `live` mounts the application's code over that of the image, "" where it does not.
    """

    service: Service
    app: str
    image: str
    files: Sequence[Mapping[str, Any]]
    live: str = ""
    ports: Sequence[str] = ()
    volumes: Mapping[str, str] = field(default_factory=dict)


def programs(found: Iterable[Program], fragment: str) -> Data:
    """Return the document programs.yaml: every program as a service that extends the hand-written `fragment`.

    The first of an application builds the image that all of its programs have. One more container of each
    worker is in the profile `workers`. Raises InvalidService for what compose cannot carry.
    """
    services: Data = {}
    volumes: Data = {}
    built: set[str] = set()
    for program in found:
        name = program.service.name
        services[name] = _service(program, fragment)
        volumes |= dict.fromkeys(program.volumes)
        if program.service.command[3:4] == ("worker",):
            twin = {"hostname": name + MORE, "profiles": ["workers"]}
            services[name + MORE] = {**services[name], **twin}
        if program.app not in built:
            built.add(program.app)
            context = f"./{IMAGES}/{program.app}"
            services[name]["build"] = {"context": context}
    return {"services": services, **({"volumes": volumes} if volumes else {})}


def _service(program: Program, fragment: str) -> Data:
    service = program.service
    mounts = [
        f"./{FILES}/{service.name}{place}:{place}:ro" for place in dict.fromkeys(map(mounted, program.files))
    ]
    kept = [f"{name}:{path}" for name, path in program.volumes.items()]
    own = {
        "extends": {"file": fragment, "service": "program"},
        "image": program.image,
        "hostname": service.name,
        "labels": {"rabbitry.configuration": configuration(program.files, watched(service))},
        **({"ports": list(program.ports)} if program.ports else {}),
        "volumes": [*mounts, *kept, *([program.live] if program.live else [])],
    }
    return {**escaped(own), **render(service)}


def recipe(
    texts: Mapping[str, str],
    installed: Iterable[Mapping[str, Any]],
    source: Iterable[bundle.Entry],
    wheel: Path | None = None,
) -> list[bundle.Entry]:
    """Return what an image is built from: files by name, those at their paths in it, the application.

    That is its `source`, or a `wheel` to install. OSError when it cannot be read.
    """
    installed = list(installed)
    contents = {**texts, **{f"files{one['path']}": str(one["content"]) for one in installed}}
    executable = {f"files{one['path']}" for one in installed if one["mode"] == "0755"}
    entries = [
        bundle.Entry(name, "file", text.encode(), name in executable) for name, text in contents.items()
    ]
    entries += [
        bundle.Entry(f"application/{one.name}", one.kind, one.content, one.executable) for one in source
    ]
    if wheel:
        entries.append(bundle.Entry(f"package/{wheel.name}", "file", wheel.read_bytes()))
    folders = {str(up) for one in entries for up in PurePosixPath(one.name).parents} | set(PLACES)
    missing = folders - {"."} - {one.name for one in entries}
    entries += [bundle.Entry(name, "directory") for name in missing]
    return sorted(entries, key=lambda entry: entry.name)


def identity(recipe: Iterable[bundle.Entry]) -> str:
    """Return what tells one image from another: all that it is built from, but for the packages' index."""
    return bundle.digest([entry for entry in recipe if entry.name != "index.txt"])[:12]


def arguments(dockerfile: str, values: Mapping[str, str]) -> str:
    """Return a Dockerfile whose leading ARG lines have these values as their defaults."""
    for name, value in values.items():
        dockerfile = re.sub(rf"^ARG {name}=.*$", f"ARG {name}={value}", dockerfile, count=1, flags=re.M)
    return dockerfile


def digests(servers: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the names by which compose.yaml reads what its servers' files are, with their checksums."""
    return {
        f"RABBITRY_{name.partition('-')[0].upper()}_DIGEST": configuration(one["files"], one["watch"])
        for name, one in servers.items()
    }


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
