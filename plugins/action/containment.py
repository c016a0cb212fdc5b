"""Action `containment`: writes what containers are given in the directory of their environment."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle, files
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import InvalidService
from ansible_collections.rabbitry.stack.plugins.plugin_utils import containment
from ansible_collections.rabbitry.stack.plugins.plugin_utils.containment import Program

CHECKOUT = Path(__file__).resolve().parents[2] / "compose"
CERTIFICATES = Path("/usr/local/share/ca-certificates")
HEADER = "# Written by Rabbitry from the descriptions of its services; changes made here are overwritten.\n"
PROGRAMS = "bin"
# What modules call where a host has a program; people may as well.
CONTROL = {"rabbitmqctl": "exec -T rabbitmq-server rabbitmqctl", "restart": "restart"}
# The group of mounted files where root writes them: compose/Dockerfile's.
GROUP = 10001


class ActionModule(ActionBase):
    """`directory`, `project`, `servers` {name: {files, watch}}, `files` and `services` of programs, `image`,
    `ports` and `volumes` by service, `variables` of compose's .env, `dotenv` (a second place for it, or "").

    Every file is 0640 and of the group that the containers get. Check mode only tells.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return `{"changed", "paths": [what was or would be written], "image"}`; AnsibleActionFail."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = dict(self._task.args)
        group = os.getgid() or GROUP
        root = Path(given["directory"])
        try:
            recipe = self.recipe(given["image"])
            image = f"{given['project']}:{bundle.digest(recipe)[:12]}"
            wanted = dict(texts(given, image, group, root))
            changed = [path for path, text in wanted.items() if files.read(path) != text.encode()]
            stale = stray(root / containment.FILES, set(wanted))
            context = root / containment.IMAGE
            rebuilt = not context.is_dir() or bundle.digest(bundle.read(context)) != bundle.digest(recipe)
            if not self._task.check_mode:
                write({path: wanted[path] for path in changed}, group)
                for path in (one for one in changed if one.parent.name == PROGRAMS):
                    path.chmod(0o750)
                for path in stale:
                    path.unlink()
                if rebuilt:
                    unpacked(recipe, context)
        except (InvalidService, bundle.BundleError, files.Refused, ValueError) as error:
            raise AnsibleActionFail(str(error)) from error
        except OSError as error:
            raise AnsibleActionFail(f"cannot write {error.filename}: {error.strerror}") from error
        paths = [str(path) for path in [*changed, *stale, *([context] if rebuilt else [])]]
        return {**result, "changed": bool(paths), "paths": paths, "image": image}

    def recipe(self, image: Mapping[str, Any]) -> list[bundle.Entry]:
        """Everything that the application's image is built from."""
        source = Path(self._loader.path_dwim(image["source"])).expanduser()
        found = {
            "Dockerfile": (CHECKOUT / "Dockerfile").read_bytes(),
            "lock.txt": image["lock"].encode(),
            "uv.txt": image["uv"].encode(),
            "requirements.txt": image["requirements"].encode(),
            **{f"certificates/{path.name}": path.read_bytes() for path in CERTIFICATES.glob("*.crt")},
            **{f"files{one['path']}": one["content"].encode() for one in image["files"]},
        }
        programs = {f"files{one['path']}" for one in image["files"] if one["mode"] == "0755"}
        entries = [bundle.Entry(name, "file", data, name in programs) for name, data in found.items()]
        entries += [
            bundle.Entry(f"application/{one.name}", one.kind, one.content, one.executable)
            for one in bundle.read(source)
        ]
        folders = {str(up) for one in entries for up in Path(one.name).parents} | {"certificates"}
        entries += [
            bundle.Entry(name, "directory") for name in folders - {"."} - {one.name for one in entries}
        ]
        return sorted(entries, key=lambda entry: entry.name)


def texts(given: Mapping[str, Any], image: str, group: int, root: Path) -> Iterator[tuple[Path, str]]:
    """Every file but those of the image, by its path; InvalidService, ValueError."""
    found = []
    for one in given["services"]:
        service = Service.from_vars(one)
        mine = [file for file in given["files"] if needs(service, file["path"])]
        volumes = {name: path for name, path in given["volumes"].items() if name == service.name}
        found.append(
            Program(service=service, files=mine, ports=given["ports"].get(service.name, ()), volumes=volumes)
        )
    mounted = {program.service.name: program.files for program in found}
    mounted |= {name: server["files"] for name, server in given["servers"].items()}
    for name, each in mounted.items():
        for file in each:
            yield root / containment.FILES / name / str(file["path"]).lstrip("/"), str(file["content"])
    options = (
        f"--env-file {shlex.quote(str(root / '.env'))} --file {shlex.quote(str(CHECKOUT / 'compose.yaml'))}"
    )
    for name, words in CONTROL.items():
        yield root / PROGRAMS / name, f'#!/bin/sh\nexec docker compose {options} {words} "$@"\n'
    fragment = os.path.relpath(CHECKOUT / "program.yaml", root)
    # Plain texts again: Ansible's carry marks that a dumper does not know.
    document = json.loads(json.dumps(containment.programs(found, image, fragment)))
    yield root / containment.PROGRAMS, HEADER + yaml.safe_dump(document, sort_keys=False, width=110)
    digests = {
        f"RABBITRY_{name.partition('-')[0].upper()}_DIGEST": containment.configuration(
            server["files"], server["watch"]
        )
        for name, server in given["servers"].items()
    }
    own = {"RABBITRY_PROJECT": given["project"], "RABBITRY_DIR": root, "RABBITRY_GID": group}
    text = containment.variables({**own, **given["variables"], **digests})
    yield root / ".env", text
    if given["dotenv"]:
        yield Path(given["dotenv"]), text


def needs(service: Service, path: str) -> bool:
    """Whether a program is given a file: what it watches or reads, and no other program's passwords."""
    return path in containment.watched(service)


def write(wanted: Mapping[Path, str], group: int) -> None:
    """Replace files and make their directories, which only their owner and the group may enter."""
    for path, text in wanted.items():
        missing = [up for up in path.parents if not up.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            os.chown(folder, -1, group)
            # Whatever the umask says.
            folder.chmod(0o750)
        files.write(path, text.encode(), 0o640, gid=group)


def stray(folder: Path, wanted: set[Path]) -> list[Path]:
    """Files that nothing is mounted for any more."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path not in wanted)


def unpacked(entries: list[bundle.Entry], target: Path) -> None:
    """Put the entries into a new directory in the place of `target`."""
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700, parents=True)
    for entry in entries:
        path = fresh / entry.name
        if entry.kind == "directory":
            path.mkdir()
            path.chmod(0o755)
        elif entry.kind == "link":
            path.symlink_to(os.fsdecode(entry.content))
        else:
            path.write_bytes(entry.content)
            path.chmod(0o755 if entry.executable else 0o644)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
