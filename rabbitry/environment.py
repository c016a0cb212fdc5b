"""Which stack a verb means: an inventory and the private directory that keeps what is known about it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from rabbitry.errors import StackError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = "local"
CARRIERS = ("hosts", "compose")
SUFFIXES = (".yml", ".yaml", ".ini", "")
NOT_INVENTORIES = {"group_vars", "host_vars"}


@dataclass(frozen=True)
class Environment:
    """A named stack. Everything in `state` is generated, 0700, and belongs to this environment alone."""

    name: str
    inventory: Path
    root: Path = ROOT
    on: str = ""
    """What the command line says that carries it, `hosts` or `compose`; empty: the inventory decides."""

    @property
    def state(self) -> Path:
        return self.root / ".state" / self.name

    @property
    def stack(self) -> Path:
        """The resolved model, written by the playbook `describe`."""
        return self.state / "stack.json"

    @property
    def edited(self) -> float:
        """When a file of the inventory was last changed, in seconds since 1970."""
        place = self.inventory if self.inventory.is_dir() else self.inventory.parent
        folders = [place / "group_vars", place / "host_vars", *([place] if place == self.inventory else [])]
        # Entry by entry: group_vars/all may be a link to another inventory's, and links are not walked into.
        entries = [entry for folder in folders for entry in folder.glob("*")]
        beside = [path for entry in entries for path in (entry, *entry.rglob("*")) if path.is_file()]
        times: list[float] = [path.stat().st_mtime for path in (self.inventory, *beside)]
        return max(times)

    @property
    def is_described(self) -> bool:
        """Whether the model was written since the inventory was last edited."""
        return self.stack.exists() and self.stack.stat().st_mtime >= self.edited

    def described(self) -> None:
        """Remember that the model is today's: a document that stays as it was is not written again."""
        self.stack.touch()

    @property
    def secrets(self) -> Path:
        return self.state / "secrets.json"

    @property
    def in_use(self) -> Path:
        """The passwords that the services were given by the last `up`; the next one starts from them."""
        return self.state / "in-use.json"

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def option(self) -> str:
        """What a pasted command needs to mean this: `` or ` --env NAME` or ` -i FILE` or both of them."""
        path = self.inventory.absolute()
        if _name_of(path, self.root) != self.name:
            return f" --env {self.name} -i {self.inventory}"
        if path.parent != (self.root / "inventory").resolve():
            return f" -i {self.inventory}"
        return "" if self.name == DEFAULT else f" --env {self.name}"

    def prepare(self) -> None:
        """Make the state directories; nobody else may look into them."""
        try:
            for path in (self.root / ".state", self.state, self.log):
                path.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StackError(
                f"`{self.root / '.state'}` cannot be written: {error.strerror}",
                f"sudo chown -R $(id -un) {self.root / '.state'}",
            ) from error


def find(name: str = "", inventory: str = "", root: Path = ROOT, on: str = "") -> Environment:
    """The environment called `name`, or the one of the inventory file or directory `inventory`.

    Both: the environment `name`, its state and passwords, as that inventory says; its own must be there too.
    `on` is what carries it: hosts or compose.
    """
    if on not in ("", *CARRIERS):
        raise StackError(f"`--on {on}` is neither hosts nor compose", "./inv up --on compose")
    return replace(_found(name, inventory, root), on=on)


def _found(name: str, inventory: str, root: Path) -> Environment:
    if inventory:
        environment = _from_path(Path(inventory).expanduser(), root)
        return replace(environment, name=find(name, root=root).name) if name else environment
    wanted = name or DEFAULT
    for path in (root / "inventory" / f"{wanted}{suffix}" for suffix in SUFFIXES):
        if path.exists() and _is_name(wanted):
            return Environment(wanted, path, root)
    raise StackError(
        f"no environment `{wanted}`: there is {_listed(names(root))}",
        f"cp inventory/example.yml inventory/{wanted}.yml"
        if _is_name(wanted)
        else f"./inv status --env {DEFAULT}",
    )


def names(root: Path = ROOT) -> list[str]:
    """The environments that have an inventory, sorted."""
    found = (path for path in (root / "inventory").glob("*") if path.suffix in SUFFIXES)
    return sorted({path.stem for path in found if _is_name(path.stem)})


def _from_path(path: Path, root: Path) -> Environment:
    if not path.exists() and not path.is_absolute():
        path = root / path
    if not path.exists():
        raise StackError(
            f"no inventory `{path}`: there is {_listed(names(root))}", f"cp inventory/example.yml {path}"
        )
    path = path.resolve()
    return Environment(_name_of(path, root), path, root)


def _name_of(path: Path, root: Path) -> str:
    """What an inventory is called when nobody names its environment."""
    name = re.sub(r"[^a-z0-9_-]+", "-", path.stem.lower()).strip("-") or "inventory"
    # Two files of one name in different places are two stacks.
    if path.parent != (root / "inventory").resolve() or name != path.stem:
        name += "-" + hashlib.sha256(str(path).encode()).hexdigest()[:6]
    return name


def _is_name(name: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name)) and name not in NOT_INVENTORIES


def _listed(found: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in found) or "none"
