"""Dotfiles get their blocks with everything else kept, and get rid of them again."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import blocks, homes, managed_block
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.homes import Person
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.shell_path import ShellPath, check_directories
from ansible_collections.rabbitry.stack.plugins.module_utils.verdict import Verdict

USER = pwd.getpwuid(os.geteuid()).pw_name
SBIN = ["/usr/local/sbin", "/usr/sbin"]


class Home:
    """A home of its own with a ledger, and the role's module without Ansible around it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "ledger"
        self.path = folder / "home"
        self.path.mkdir()
        self.shell = "/bin/bash"

    def person(self, name: str) -> Person | None:
        if name == "nobody-at-all":
            return None
        return Person(name=name, uid=os.geteuid(), gid=os.getegid(), home=self.path, shell=self.shell)

    def __call__(self, check: bool = False, **asked: Any) -> ShellPath:
        ledger = Ledger("shell_path", self.root)
        account = {"file_user": USER, "file_group": grp.getgrgid(os.getegid()).gr_name}
        plain = {"state": "present", "directories": SBIN, "front": False, "file": "", "file_format": "script"}
        one = ShellPath(ledger, check)
        one.all({**plain, **account, "users": ["dev"], "bash_login": ".profile", **asked})
        if not check:
            ledger.save()
        return one

    def absent(self) -> None:
        assert self(state="absent").refusals == []
        assert [entry for entry in self.entries() if entry["kind"] != "directory"] == []

    def entries(self) -> list[dict[str, Any]]:
        return Ledger("shell_path", self.root).entries

    def write(self, name: str, content: bytes, mode: int = 0o644) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def names(self) -> list[str]:
        return sorted(one.name for one in self.path.iterdir())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    one = Home(tmp_path)
    monkeypatch.setattr(Person, "of", one.person)
    return one


@pytest.mark.parametrize(
    ("shell", "there", "written"),
    [
        ("/bin/bash", [], [".bashrc", ".profile"]),
        ("/bin/bash", [".profile"], [".bashrc", ".profile"]),
        ("/bin/bash", [".profile", ".bash_login"], [".bash_login", ".bashrc"]),
        ("/bin/bash", [".profile", ".bash_login", ".bash_profile"], [".bash_profile", ".bashrc"]),
        ("/bin/bash", [".zshrc"], [".bashrc", ".profile", ".zshrc"]),
        ("/usr/bin/zsh", [], [".zprofile", ".zshrc"]),
        ("/opt/homebrew/bin/zsh", [".bashrc"], [".bashrc", ".zprofile", ".zshrc"]),
        ("/bin/sh", [], [".profile"]),
        ("/bin/sh", [".profile"], [".profile"]),
        ("/bin/dash", [".bash_profile"], [".bash_profile", ".profile"]),
    ],
)
def test_the_files_that_the_shells_read(home: Home, shell: str, there: list[str], written: list[str]) -> None:
    home.shell = shell
    for name in there:
        home.write(name, b"mine\n")
    assert len(home(check=True).changes.diff) == len(written)
    assert sorted(Path(name).name for name in home().changes.names) == written
    assert home().changes.names == []
    home.absent()
    assert home.names() == sorted(there)
    assert {(home.path / name).read_bytes() for name in there} <= {b"mine\n"}


def test_on_macos_a_bash_user_without_a_file_gets_the_one_that_bash_asks_for_first(home: Home) -> None:
    home(bash_login=".bash_profile")
    assert home.names() == [".bash_profile", ".bashrc"]


@pytest.mark.parametrize("content", [b"", b"a", b"a\r\nb", b"\xff\xfe\n"])
def test_every_byte_and_the_mode_come_back(home: Home, content: bytes) -> None:
    path = home.write(".profile", content, 0o640)
    for directories in (SBIN, SBIN[:1], SBIN):
        assert len(home(directories=directories).changes.names) == 2
        assert path.read_bytes().startswith(content) and path.stat().st_mode & 0o777 == 0o640
    home.absent()
    assert path.read_bytes() == content and path.stat().st_mode & 0o777 == 0o640
    assert home.names() == [".profile"]


def test_a_file_that_we_made_stays_when_somebody_wrote_into_it(home: Home) -> None:
    home()
    with (home.path / ".bashrc").open("a") as stream:
        stream.write("alias ll='ls -l'\n")
    home.absent()
    assert home.names() == [".bashrc"] and (home.path / ".bashrc").read_text() == "alias ll='ls -l'\n"


def test_check_mode_writes_nothing_and_shows_only_the_block(home: Home) -> None:
    home.write(".profile", b"export TOKEN=secret\n")
    one = home(check=True)
    assert len(one.changes.names) == 2 and "secret" not in str(one.changes.diff)
    assert home.names() == [".profile"] and not home.root.exists()


def test_links_and_other_names_of_a_file_stay(home: Home) -> None:
    target = home.write("dotfiles/profile", b"a\n")
    (home.path / ".profile").symlink_to("dotfiles/profile")
    twin = home.write(".bashrc", b"b\n")
    os.link(twin, home.path / "other")
    home()
    assert (home.path / ".profile").is_symlink() and blocks.BEGIN in target.read_bytes()
    assert twin.samefile(home.path / "other") and blocks.BEGIN in twin.read_bytes()
    home.absent()
    assert (target.read_bytes(), twin.read_bytes()) == (b"a\n", b"b\n")


def test_attributes_stay(home: Home) -> None:
    path = home.write(".profile", b"a\n")
    try:
        os.setxattr(path, "user.rabbitry", b"x")
    except OSError:
        pytest.skip("this file system has no attributes")
    before = path.stat().st_ino
    home()
    assert os.getxattr(path, "user.rabbitry") == b"x" and path.stat().st_ino != before


def test_a_directory_that_may_not_be_written_is_no_reason_to_refuse(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.write(".profile", b"a\n" * 1000)
    opened = os.open

    def no_new_files(name: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied")
        return opened(name, flags, *rest, **more)

    person = home.person("dev")
    assert person
    monkeypatch.setattr(os, "open", no_new_files)
    homes.write(path, b"b\n", person)
    assert path.read_bytes() == b"b\n"


def make_outside(home: Home) -> None:
    (home.path.parent / "outside").write_bytes(b"a\n")
    (home.path / ".profile").symlink_to(home.path.parent / "outside")


def make_dangling(home: Home) -> None:
    (home.path / ".profile").symlink_to("nowhere")


def make_loop(home: Home) -> None:
    (home.path / ".profile").symlink_to(".profile")


def make_fifo(home: Home) -> None:
    os.mkfifo(home.path / ".profile")


def make_damaged(home: Home) -> None:
    home.write(".profile", blocks.BEGIN + b"\n")


def make_gone(home: Home) -> None:
    home.path.rmdir()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (make_outside, "out of the home of `dev`"),
        (make_dangling, "where nothing is"),
        (make_loop, r"cannot be followed|nothing is"),
        (make_fifo, "is a special file and not a file"),
        (make_damaged, "has 1 times"),
        (make_gone, "does not exist"),
    ],
)
def test_what_is_not_plainly_the_users_is_refused(home: Home, make: Callable[[Home], None], why: str) -> None:
    make(home)
    one = home(file=str(home.path.parent / "etc" / "rabbitry.sh"))
    (refused,) = one.refusals
    assert refused.hint
    with pytest.raises(Refused, match=why):
        raise refused
    # The rest is done all the same.
    assert (home.path.parent / "etc" / "rabbitry.sh").exists()


def test_who_is_refused_keeps_the_blocks_that_are_there(home: Home) -> None:
    home()
    (home.path / ".profile").write_bytes(blocks.BEGIN)
    one = home(directories=SBIN[:1])
    assert len(one.refusals) == 1 and one.changes.names == []
    assert blocks.BEGIN in (home.path / ".bashrc").read_bytes()
    assert len([entry for entry in home.entries() if entry["kind"] == "block"]) == 2


def test_anothers_file_is_refused(home: Home) -> None:
    path = home.write(".profile", b"a\n")
    person = Person(name="dev", uid=os.geteuid() + 1, gid=os.getegid(), home=home.path, shell="/bin/bash")
    with pytest.raises(Refused, match=r"belongs to the user id \d+ and not to `dev`"):
        homes.real(path, person)


def test_whoever_is_not_root_writes_only_their_own(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    person = Person(name="dev", uid=4712, gid=4712, home=home.path, shell="/bin/bash")
    with pytest.raises(Refused, match="only root and `dev`"), homes.acting_as(person):
        pass


def test_users_that_cannot_be_served(home: Home) -> None:
    assert str(home(users=["nobody-at-all"]).refusals[0]).startswith("there is no user `nobody-at-all`")
    home.shell = "/usr/sbin/nologin"
    one = home()
    assert one.refusals == [] and home.names() == []
    assert one.notes == [
        "`dev` is left out: its shell `/usr/sbin/nologin` reads none of the files known here"
    ]


def test_who_is_no_longer_named_gets_everything_back(home: Home) -> None:
    path = home.write(".profile", b"a")
    file = home.path.parent / "etc" / "rabbitry.sh"
    home(file=str(file))
    assert len(home(users=[], file=str(file)).changes.names) == 2
    assert path.read_bytes() == b"a" and file.exists()
    home()
    assert not file.parent.exists()


def test_a_file_of_the_system_that_was_there_gets_its_content_back(home: Home) -> None:
    file = home.write("rabbitry.sh", b"theirs\n", 0o600)
    home(file=str(file), users=[])
    assert b"theirs" not in file.read_bytes()
    home.absent()
    assert file.read_bytes() == b"theirs\n" and file.stat().st_mode & 0o777 == 0o600


def test_paths_d_has_directories_only(home: Home) -> None:
    file = home.path.parent / "paths.d" / "rabbitry"
    home(file=str(file), file_format="lines", users=[])
    assert file.read_text() == "/usr/local/sbin\n/usr/sbin\n"


def test_drift_names_what_differs(home: Home) -> None:
    home()
    (entry,) = (one for one in home.entries() if one["name"].endswith(".profile"))
    path = home.path / ".profile"
    assert managed_block.drift(entry) is None
    path.write_bytes(path.read_bytes().replace(b"sbin", b"bin"))
    assert managed_block.drift(entry) == f"the block in `{path}` has other content"
    assert home().changes.names == [str(path)] and managed_block.drift(entry) is None
    path.write_bytes(blocks.END)
    assert "has 0 times" in str(managed_block.drift(entry))
    path.unlink()
    assert managed_block.drift(entry) == f"the block in `{path}` is gone"
    assert "is gone" in str(managed_block.drift({**entry, "user": "nobody-at-all"}))


def test_retirement_takes_blocks_out_and_keeps_what_it_cannot_tell_apart(home: Home) -> None:
    home.write(".bashrc", b"a\n")
    home()
    (home.path / ".bashrc").write_bytes(b"a\n" + blocks.BEGIN)
    plan, verdict = Verdict(), Verdict()
    for entry in [one for one in home.entries() if one["kind"] == "block"]:
        managed_block.retire(entry, plan, check=True)
        managed_block.retire(entry, verdict, check=False)
    assert vars(plan) == vars(verdict)
    assert [one["name"] for one in verdict.removed] == [str(home.path / ".profile")]
    assert "has 1 times" in verdict.kept[0]["why"]
    assert home.names() == [".bashrc"]


def test_directories_that_cannot_be(home: Home) -> None:
    for wrong in ("sbin", "/a:b", "/a\nb", ""):
        with pytest.raises(Refused, match="cannot be on PATH"):
            check_directories([wrong], front=False)


def test_bare_programs_of_the_broker_come_last(home: Home) -> None:
    bare, old = "/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/lib/rabbitmq_server-4.0.5/sbin"
    check_directories(["/usr/sbin", bare, old], front=False)
    for directories, front in ([bare, "/usr/sbin"], False), ([old], False), (["/usr/sbin", bare], True):
        with pytest.raises(Refused, match="do not switch to the broker's user"):
            check_directories(directories, front)


def test_zdotdir_is_asked_of_zsh(home: Home, tmp_path: Path) -> None:
    zsh = tmp_path / "zsh"
    zsh.write_text(f"#!/bin/sh\necho greeting; echo {home.path}/.config/zsh\n")
    zsh.chmod(0o755)
    home.shell = str(zsh)
    home()
    assert home.names() == [".zprofile", ".zshrc"]  # nothing sets it, so nobody is asked
    home.absent()
    home.write(".zshenv", b"export ZDOTDIR=~/.config/zsh\n")
    home.write(".config/zsh/.zshrc", b"a\n")
    home()
    assert sorted(one.name for one in (home.path / ".config/zsh").iterdir()) == [".zprofile", ".zshrc"]
    assert home.names() == [".config", ".zshenv"]
