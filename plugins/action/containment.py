"""Action `containment`: writes what containers are given in the directory of their environment."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
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
    """`directory`, `project`, `servers` {name: {files, watch}}, `programs` (files of every image), `apps` as
    playbooks/tasks/contained_application.yml describes them, `bind`, `variables` of compose's .env, `dotenv`
    (a second place for it, or ""), `live`: whether the applications' code is mounted.

    Every file is 0640 and of the group that the containers get. Check mode only tells.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return `{"changed", "paths": [what was or would be written]}`; AnsibleActionFail."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = dict(self._task.args)
        group = os.getgid() or GROUP
        root = Path(given["directory"])
        try:
            recipes = {app["label"]: self.recipe(app, given["programs"]) for app in given["apps"]}
            images = {
                label: f"{given['project']}:{label}-{bundle.digest(found)[:12]}"
                for label, found in recipes.items()
            }
            lives = {app["label"]: self.live(app) for app in given["apps"]} if given["live"] else {}
            wanted = dict(texts(given, images, lives, group, root))
            changed = [path for path, text in wanted.items() if files.read(path) != text.encode()]
            stale = stray(root / containment.FILES, set(wanted))
            contexts = {root / containment.IMAGES / label: found for label, found in recipes.items()}
            rebuilt = [path for path, found in contexts.items() if is_other(path, found)]
            if not self._task.check_mode:
                write({path: wanted[path] for path in changed}, group)
                for path in (one for one in changed if one.parent.name == PROGRAMS):
                    path.chmod(0o750)
                for path in stale:
                    path.unlink()
                for path in rebuilt:
                    unpacked(contexts[path], path)
        except (InvalidService, bundle.BundleError, files.Refused, ValueError) as error:
            raise AnsibleActionFail(str(error)) from error
        except OSError as error:
            raise AnsibleActionFail(f"cannot write {error.filename}: {error.strerror}") from error
        paths = [str(path) for path in (*changed, *stale, *rebuilt)]
        return {**result, "changed": bool(paths), "paths": paths}

    def live(self, app: Mapping[str, Any]) -> str:
        """The mount of an application's code over that of its image."""
        image = app["image"]
        source = Path(self._loader.path_dwim(image["source"])).expanduser().resolve()
        return f"{source}:{image['home']}/current:ro"

    def recipe(self, app: Mapping[str, Any], programs: Sequence[Mapping[str, Any]]) -> list[bundle.Entry]:
        """Everything that an application's image is built from."""
        image = app["image"]
        source = Path(self._loader.path_dwim(image["source"])).expanduser()
        values = {
            "RABBITRY_HOME": image["home"],
            "RABBITRY_ACCOUNT": image["account"],
            "RABBITRY_STATE": f'"{" ".join(app["volumes"].values())}"',
        }
        return containment.recipe(
            {
                "Dockerfile": containment.arguments((CHECKOUT / "Dockerfile").read_text("utf-8"), values),
                "lock.txt": image["lock"],
                "uv.txt": image["uv"],
                "requirements.txt": image["requirements"],
                **{f"certificates/{one.name}": one.read_text("utf-8") for one in CERTIFICATES.glob("*.crt")},
            },
            [*image["files"], *programs],
            bundle.read(source),
        )


def texts(
    given: Mapping[str, Any], images: Mapping[str, str], lives: Mapping[str, str], group: int, root: Path
) -> Iterator[tuple[Path, str]]:
    """Every file but those of images, by its path; InvalidService, ValueError."""
    found = [
        program(app, one, images[app["label"]], given["bind"], lives.get(app["label"], ""))
        for app in given["apps"]
        for one in app["services"]
    ]
    mounted = {one.service.name: one.files for one in found}
    mounted |= {name: server["files"] for name, server in given["servers"].items()}
    for name, each in mounted.items():
        for file in each:
            yield root / containment.FILES / name / str(file["path"]).lstrip("/"), str(file["content"])
    options = " ".join(
        shlex.quote(str(word)) for word in ("--env-file", root / ".env", "--file", CHECKOUT / "compose.yaml")
    )
    for name, words in CONTROL.items():
        yield root / PROGRAMS / name, f'#!/bin/sh\nexec docker compose {options} {words} "$@"\n'
    fragment = os.path.relpath(CHECKOUT / "program.yaml", root)
    # Plain texts again: Ansible's carry marks that a dumper does not know.
    document = json.loads(json.dumps(containment.programs(found, fragment)))
    yield root / containment.PROGRAMS, HEADER + yaml.safe_dump(document, sort_keys=False, width=110)
    own = {"RABBITRY_PROJECT": given["project"], "RABBITRY_DIR": root, "RABBITRY_GID": group}
    text = containment.variables({**own, **given["variables"], **containment.digests(given["servers"])})
    yield root / ".env", text
    if given["dotenv"]:
        yield Path(given["dotenv"]), text


def program(
    app: Mapping[str, Any], definition: Mapping[str, Any], image: str, bind: str, live: str
) -> Program:
    """A program of an application with its own files; each is given what it reads, no other's passwords."""
    service = Service.from_vars(definition)
    port = app["ports"].get(service.name)
    return Program(
        service=service,
        app=app["label"],
        image=image,
        files=[file for file in app["files"] if file["path"] in containment.watched(service)],
        live=live,
        ports=[f"{bind}:{port}:{port}"] if port else (),
        volumes={name: path for name, path in app["volumes"].items() if name == service.name},
    )


def is_other(path: Path, recipe: list[bundle.Entry]) -> bool:
    """Whether a directory does not hold exactly this."""
    return not path.is_dir() or bundle.digest(bundle.read(path)) != bundle.digest(recipe)


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
