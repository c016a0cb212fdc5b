"""A stand-in for apt-get, dpkg and systemctl on PATH that notes its calls and edits a dpkg status file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.apt import Apt
from ansible_collections.rabbitry.stack.plugins.module_utils.managers import Debian
from ansible_collections.rabbitry.stack.plugins.module_utils.newcomers import Host

SCRIPT = """#!{python} -S
import os, sys
from pathlib import Path

root, tool = Path("{root}"), Path(sys.argv[0]).name
words = [word for word in sys.argv[1:] if not word.startswith("-")]
with (root / "calls").open("a") as calls:
    print(tool, *(word for word in sys.argv[1:] if not word.startswith("-o")), file=calls)
with (root / "words").open("a") as calls:
    print(*sys.argv[1:], file=calls)
if tool == "apt-cache":
    print((root / "madison").read_text(), end="")
    sys.exit(0)
if tool == "systemctl":
    for unit in words[1:]:
        print("active" if unit == "running.service" else "inactive")
    sys.exit(3)
answers = root / "answers"
if answers.exists():
    answer, _, rest = answers.read_text().partition("\\0")
    answers.write_text(rest)
    if answer:
        print(answer, end="")
        sys.exit(int((root / "code").read_text()))
if tool == "apt-get" and words[0] == "update":
    (root / "lists" / "x_Packages").touch()
if tool == "apt-get" and words[0] == "install":
    if (root / "gate").exists():
        (root / "gate").read_text()  # a pipe: waits until the test writes
    for name in words[1:]:
        for one in (name, "lib" + name):
            print("Unpacking %s (1.0) ..." % one)
            stanza = "Package: %s\\nStatus: install ok installed\\nVersion: 1.0\\n\\n" % one
            with (root / "var/lib/dpkg/status").open("a") as status:
                status.write(stanza)
        info = root / "var/lib/dpkg/info"
        (info / (name + ".postinst")).write_text("adduser --home /var/lib/%s %s\\n" % (name, name))
        (info / (name + ".list")).write_text("/etc/%s\\n" % name)
        for file in ("passwd", "group"):
            with (root / "etc" / file).open("a") as stream:
                stream.write("%s:x:1:\\nsomebody-else:x:2:\\n" % name)
        for path in ("etc/" + name, "var/lib/" + name, "var/lib/unrelated"):
            (root / path).mkdir(exist_ok=True)
"""
INSTALLED = "Package: adduser\nStatus: install ok installed\nVersion: 3\n\n"
LEFT = "Package: redis-tools\nStatus: deinstall ok config-files\nVersion: 7\n\n"


class FakeApt:
    """A host below `root` where every package `x` brings `libx`, a user and a group `x` and /var/lib/x."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        for name in ("bin", "lists", "etc", "var/lib/dpkg/info", "runtime"):
            (root / name).mkdir(parents=True)
        for tool in ("apt-get", "apt-cache", "dpkg", "systemctl"):
            path = root / "bin" / tool
            path.write_text(SCRIPT.format(python=sys.executable, root=root))
            path.chmod(0o755)
        (root / "var/lib/dpkg/status").write_text(INSTALLED + LEFT)
        for name in ("passwd", "group"):
            (root / "etc" / name).write_text("root:x:0:\n")
        (root / "lists" / "x_Packages").touch()
        monkeypatch.setenv("PATH", str(root / "bin"), prepend=os.pathsep)
        self.host = Host(root, Debian(root))

    def apt(self, log: Path) -> Apt:
        """The real face on the stand-in."""
        return Apt(log, self.root / "lists", self.root / "var/lib/dpkg")

    def install(self, names: Sequence[str], log: Path, sources: Sequence[Path] = ()) -> None:
        """What a transaction is given."""
        self.apt(log).install(names, sources)

    def madison(self, said: str) -> None:
        """What apt-cache knows of versions."""
        (self.root / "madison").write_text(said)

    def answer(self, *outputs: str, code: int = 100) -> None:
        """What the next calls say before they end with `code`; an empty one succeeds."""
        (self.root / "code").write_text(str(code))
        (self.root / "answers").write_text("\0".join(outputs))

    @property
    def calls(self) -> list[str]:
        """Every call so far, without `-o` options."""
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def close(self) -> None:
        """Make the next installation wait for `open`."""
        os.mkfifo(self.root / "gate")

    def open(self) -> None:
        """Let the waiting installation go on, once it is there; those after it do not wait."""
        gate = self.root / "gate"
        with gate.open("w") as waiting:
            gate.unlink()
            waiting.write("go")
