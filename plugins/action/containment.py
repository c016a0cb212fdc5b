"""Action `containment`: writes what containers are given in the directory of their environment."""

from __future__ import annotations

import json
import os
import shlex
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
from ansible_collections.rabbitry.stack.plugins.plugin_utils.containment_files import (
    is_other,
    stray,
    unpacked,
    write,
)

CHECKOUT = Path(__file__).resolve().parents[2] / "compose"
CERTIFICATES = Path("/usr/local/share/ca-certificates")
HEADER = "# Written by Rabbitry from the descriptions of its services; changes made here are overwritten.\n"
PROGRAMS = "bin"
# What modules call where a host has a program; people may as well.
CONTROL = {
    **{name: f"exec -T rabbitmq-server {name}" for name in ("rabbitmqctl", "rabbitmq-queues")},
    "restart": "restart",
}
# The group of mounted files where root writes them: compose/Dockerfile's.
GROUP = 10001
# How environments are filled on hosts, as far as an image's is.
BUILDER = "ansible_collections/rabbitry/stack/plugins/module_utils"
MODULES = Path(__file__).resolve().parents[1] / "module_utils"
FILLING = ("deployment_error", "environment_fill", "layout", "masking", "requirements_text", "uv")
# Files that the programs of an application share; what they keep elsewhere goes with their containers.
KEPT = "/var/tmp"


class ActionModule(ActionBase):
    """`directory`, `project`, `servers` {name: {files, watch}}, `programs` (files of every image), `apps` as
    playbooks/tasks/contained_application.yml describes them, `bind`, `variables` of compose's .env, `dotenv`
    (a second place for it, or ""), `live`: whether the applications' code is mounted.

    Every file is 0640 and of the group that the containers get. Check mode only tells.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return `{"changed", "paths": [what was or would be written], "releases"}`; AnsibleActionFail.

        The releases are what the module container_commands takes.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = dict(self._task.args)
        group = os.getgid() or GROUP
        root = Path(given["directory"])
        try:
            recipes = {app["label"]: self.recipe(app, given["programs"]) for app in given["apps"]}
            images = {
                label: f"{given['project']}:{label}-{containment.identity(found)}"
                for label, found in recipes.items()
            }
            lives = {app["label"]: self.live(app) for app in given["apps"]} if given["live"] else {}
            releases = [release(app, images[app["label"]], root) for app in given["apps"]]
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
        return {**result, "changed": bool(paths), "paths": paths, "releases": releases}

    @staticmethod
    def live(app: Mapping[str, Any]) -> str:
        """The mount of an application's code over that of its image; "" where all of it is installed."""
        image = app["image"]
        return f"{Path(image['source']).resolve()}:{image['home']}/current:ro" if image["source"] else ""

    @staticmethod
    def recipe(app: Mapping[str, Any], programs: Sequence[Mapping[str, Any]]) -> list[bundle.Entry]:
        """Everything that an application's image is built from."""
        image = app["image"]
        values = {
            "RABBITRY_HOME": image["home"],
            "RABBITRY_ACCOUNT": image["account"],
            "RABBITRY_STATE": f'"{" ".join(app["volumes"].values())}"',
        }
        package = Path(image["package"])
        wheel = package if package.suffix == ".whl" else None
        environment = {**image["environment"], "install": "" if wheel else image["package"]}
        texts = {
            "Dockerfile": containment.arguments((CHECKOUT / "Dockerfile").read_text("utf-8"), values),
            "uv.txt": image["uv"],
            "index.txt": image["index"],
            "environment.json": json.dumps(environment, indent=1),
            "fill.py": (CHECKOUT / "fill.py").read_text("utf-8"),
            **{f"certificates/{one.name}": one.read_text("utf-8") for one in CERTIFICATES.glob("*.crt")},
            **{f"{BUILDER}/{name}.py": (MODULES / f"{name}.py").read_text("utf-8") for name in FILLING},
        }
        source = bundle.read(Path(image["source"])) if image["source"] else []
        return containment.recipe(texts, [*image["files"], *programs], source, wheel)


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
        volumes={
            **{name: path for name, path in app["volumes"].items() if name == service.name},
            f"files-{app['label']}": KEPT,
        },
    )


def release(app: Mapping[str, Any], image: str, root: Path) -> dict[str, Any]:
    """What runs once in a new image of an application, in a container as its first service's is."""
    service = Service.from_vars(app["services"][0])
    found = app["image"]
    mounted = app["release"]["environment_file"]
    return {
        "label": app["label"],
        "service": service.name,
        "image": image,
        "home": found["home"],
        "account": found["account"],
        "commands": app["release"]["commands"],
        "seconds": app["release"]["seconds"],
        "environment_file": f"{root / containment.FILES / service.name}{mounted}",
        "mounted": mounted,
    }
