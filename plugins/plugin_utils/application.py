"""From where an application comes to what a host gets: files of a release, packages, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.plugin_utils import (
    app_build,
    app_lock,
    app_source,
    celery_sets,
    project,
    source,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.app_lock import Packages
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import CommandError, Tools
from ansible_collections.rabbitry.stack.plugins.plugin_utils.digest import checksum
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.git_checkout import Repository

# What the role calls these decisions, and which keys of an application in the model they are.
ROLE = {
    "source": "celery_app_source",
    "module": "celery_app_module",
    "requirements": "celery_app_requirements_file",
    "install": "celery_app_install",
    "set": "celery_app_set",
    "venv": "celery_app_venv",
    "django": "celery_app_django_settings",
}
KEYS = {name: name for name in ROLE} | {"set": "celery_set", "django": "django_settings"}


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What was decided about one application; `sample` is where the sample is, `poetry` Poetry's lock.

    `names` says what the decisions are called in messages; `locate` where a path is on this machine.
    """

    source: str
    module: str
    requirements: str
    celery_set: str
    install: str = project.AUTO
    venv: str = ""
    django: str = ""
    sample: Path
    poetry: str = ""
    names: Mapping[str, str] = field(default_factory=lambda: ROLE)
    locate: Callable[[str], str] = str


@dataclass(kw_only=True)
class Application:
    """What a host gets.

    Of `root` a release is made, unless `package` is installed instead: the path of a wheel, or what pip would
    be told. `existing` is a directory on the host. `checksums` change with any of it.
    """

    shown: str = ""
    root: Path | None = None
    entries: list[bundle.Entry] = field(default_factory=list)
    package: str = ""
    existing: str = ""
    packages: Packages = field(default_factory=Packages)
    checksums: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def identity(self) -> str:
        """What the installed package is made of, equal on every controller."""
        return self.checksums[0] if self.package else ""


def resolve(given: Decisions, tools: Tools) -> Application:
    """Fetch, look, build and export, as far as it is not in the cache; what is wrong is in `faults`."""
    found = Application(shown=re.sub(r"//[^/]*@", "//***@", given.source))
    if given.requirements:
        _requirements(found, given)
    try:
        place = app_source.parse(given.source) if given.source else None
        found.shown = place.shown if place else str(given.sample)
        _source(found, place, given, tools)
    except (app_source.SourceError, project.ProjectError, CommandError) as error:
        found.faults.append(_fault(given, "source", found.shown, error, error.hint))
    except (bundle.BundleError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        found.faults.append(_fault(given, "source", found.shown, reason, f"ls -la {found.shown}"))
    into = found.shown if found.package else given.requirements
    if given.venv and into:
        name = given.names["venv"]
        message = f"`{name}` is `{given.venv}`, and `{into}` would be installed into it"
        found.faults.append(Fault(message, f"leave `{name}` empty, or install it there and name a directory"))
    found.checksums += [checksum(text) for text in (found.packages.lock, found.packages.wanted) if text]
    pinned = celery_sets.judge(
        found.packages.pins, given.celery_set, found.packages.origin, given.names["set"]
    )
    found.faults += [pinned] if pinned else []
    return found


def _fault(given: Decisions, decision: str, value: str, reason: object, hint: str) -> Fault:
    return Fault(f"`{given.names[decision]}` is `{value}`: {reason}", hint or "./inv up -v")


def _requirements(found: Application, given: Decisions) -> None:
    path = Path(given.locate(given.requirements)).expanduser()
    name = given.names["requirements"]
    try:
        found.packages = app_lock.of_file(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        found.faults.append(Fault(f"`{name}` is `{path}`, which cannot be read: {reason}", f"ls -l {path}"))
    except project.ProjectError as error:
        found.faults.append(_fault(given, "requirements", str(path), error, error.hint))


def _source(found: Application, place: app_source.Source | None, given: Decisions, tools: Tools) -> None:
    if place is None:
        _tree(found, given.sample, given, tools)
    elif place.kind == "git":
        tree, commit = Repository(place, tools).checkout()
        root = tree / place.path if place.path else tree
        # A link in the repository must not lead to a folder of this machine.
        if not root.is_dir() or not root.resolve().is_relative_to(tree.resolve()):
            raise CommandError(
                f"there is no folder `{place.path}` at {commit[:12]}", f"git ls-tree {commit[:12]}"
            )
        _tree(found, root, given, tools)
    elif place.kind == "directory":
        root = Path(given.locate(place.path)).expanduser()
        _tree(found, root, given, tools)
    elif place.kind == "archive":
        path = Path(given.locate(place.path)).expanduser()
        app_source.distribution(path.name)
        if not path.is_file():
            raise CommandError(f"`{path}` is not there", f"ls {path.parent}")
        files = app_build.names(path)
        found.checksums.append(app_build.checksum(path))
        _module(found, files, str(path), given, below=path.suffix != ".whl")
        if not found.faults:
            found.package = str(app_build.of_archive(path, tools))
    elif place.kind == "requirement":
        found.package = place.requirement
        found.checksums.append(checksum(place.requirement))
    else:
        found.existing = place.path
        found.checksums.append(checksum(place.path))


def _tree(found: Application, root: Path, given: Decisions, tools: Tools) -> None:
    """A directory with the application: copied, or built where it is importable only when installed."""
    found.entries = bundle.read(root)
    found.checksums.append(bundle.digest(found.entries))
    files = [entry.name for entry in found.entries if entry.kind == "file"]
    pyproject = next((entry.content for entry in found.entries if entry.name == "pyproject.toml"), None)
    described = project.read(files, pyproject)
    is_built = project.is_to_be_built(
        described, given.module, given.install, source.has_module(files, given.module)
    )
    if not given.requirements and not given.venv:
        found.packages = app_lock.of_project(root, described, tools, given.poetry, is_built)
    if is_built and not described.can_be_built:
        raise project.ProjectError(
            "it has no `[build-system]` in a pyproject.toml, by which a wheel could be built",
            f"write `{given.names['install']}: copy`",
        )
    _module(found, files, str(root) if not given.source.startswith("git+") else found.shown, given, is_built)
    if is_built and not found.faults:
        found.package = str(app_build.of_entries(found.entries, tools))
    else:
        found.root = root


def _module(found: Application, files: list[str], place: str, given: Decisions, below: bool) -> None:
    """Modules that are named must be there: at the top, or `below` some folder of what is built."""
    for decision, module in (("module", given.module), ("django", given.django)):
        if not module or source.has_module(files, module) or (below and project.has_below(files, module)):
            continue
        there = ", ".join(source.modules(files)) or "no module at all"
        message = f"`{given.names[decision]}` is `{module}`, which is not in {place}: there is {there}"
        found.faults.append(Fault(message, f"ls {place}" if "://" not in place else "git ls-files"))
