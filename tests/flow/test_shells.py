"""The stack's tools are on PATH in real shells, login and interactive; every file can be as it was again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import yaml

from tests.support.checkout import CLONE, Checkout
from tests.support.hosts import Host, Result
from tests.support.images import Suite

pytestmark = [pytest.mark.hosts, pytest.mark.steps]

# What a login gives an ordinary user of Debian, as /etc/login.defs and /etc/profile say.
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
LOGIN, INTERACTIVE, BOTH = "-lc", "-ic", "-lic"
EVERY_WAY = [(shell, how) for shell in ("bash", "zsh") for how in (LOGIN, INTERACTIVE, BOTH)]
USERS = {"dev": "/bin/bash", "zed": "/bin/zsh", "other": "/bin/bash"}
SBIN = "/usr/local/sbin:/usr/sbin"
# Every file of a home with all that a user could miss of it; the broker's tools leave a cookie there.
LOOK = """
import hashlib, json, os, pathlib
found = {}
for home in sorted(pathlib.Path("/home").iterdir()):
    for path in sorted(one for one in home.rglob("*") if one.name != ".erlang.cookie"):
        of = path.lstat()
        what = os.readlink(path) if path.is_symlink() else (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "directory")
        found[str(path)] = [what, oct(of.st_mode), of.st_uid, of.st_gid, of.st_nlink if path.is_file() else 0]
print(json.dumps(found))
"""

# A file for login shells with CRLF, Latin-1 and no last newline; one that a dotfiles manager linked.
AWKWARD = r"""
printf 'export CRLF=1\r\n# caf\351 \377' > /home/dev/.bash_profile
chmod 640 /home/dev/.bash_profile
mkdir /home/zed/dotfiles
printf 'setopt no_unset err_return' > /home/zed/dotfiles/zshrc
ln -s dotfiles/zshrc /home/zed/.zshrc
chown -hR dev: /home/dev && chown -hR zed: /home/zed
"""
TOOLS = ("ctl", "-server", "-plugins", "-diagnostics", "-queues", "-upgrade")


@dataclass
class Shells:
    """A test host with its users, on which the role is run from the clone in it."""

    host: Host
    checkout: Checkout

    @classmethod
    def start(cls, suite: Suite) -> Shells:
        host = Host.start(suite, "noinit", label="shells", extra=("zsh",))
        try:
            checkout = Checkout.clone_into(host)
            checkout.inv("render", "--check", check=False, seconds=200)  # prepares the clone's own Ansible
            for user, shell in USERS.items():
                host.run(["useradd", "--create-home", "--shell", shell, user])
        except BaseException:
            host.remove()
            raise
        return cls(host, checkout)

    def play(self, *options: str, check: bool = True, family: str = "", **variables: Any) -> Result:
        """Run the role, as another family of systems if asked."""
        facts: dict[str, Any] = {"ansible.builtin.set_fact": {"ansible_os_family": family, "cacheable": True}}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": not family}
        play |= {"gather_subset": ["!all", "min"], "roles": ["rabbitry.stack.shell_path"], "vars": variables}
        return self.run_play(play | ({"pre_tasks": [facts]} if family else {}), *options, check=check)

    def retire(self) -> Result:
        """Undo everything, as `destroy` does."""
        tasks: list[dict[str, Any]] = [{"rabbitry.stack.retire": {}}]
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        return self.run_play(play)

    def run_play(self, play: dict[str, Any], *options: str, check: bool = True) -> Result:
        self.host.write("/tmp/play.yml", yaml.safe_dump([play]))
        command = [f"{CLONE}/.venv/bin/ansible-playbook", "-i", "localhost,", "/tmp/play.yml", *options]
        return self.host.run(command, cwd=CLONE, check=check, seconds=120, env={"LANG": "C.UTF-8"})

    def shell(self, user: str, shell: str, how: str, line: str, path: str = PATH) -> Result:
        """Run a line in a shell of the user's, started as `how` says, with nothing but a login's PATH."""
        given = ["env", "-i", f"HOME=/home/{user}", f"USER={user}", f"PATH={path}", "TERM=dumb"]
        return self.host.run([*given, shell, how, line], user=user, cwd="/", check=False, seconds=20)

    def path(self, user: str, shell: str, how: str, path: str = PATH) -> list[str]:
        """PATH in such a shell."""
        return self.shell(user, shell, how, 'printf "%s\\n" "$PATH"', path).out.strip().split(":")

    def found(self, user: str, shell: str, how: str, program: str = "rabbitmqctl") -> str:
        """Where such a shell finds a program."""
        return self.shell(user, shell, how, f"command -v {program}").out.strip()

    def homes(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = self.host.script(LOOK)
        return found


def changed(done: Result) -> int:
    """How many tasks of a play changed something."""
    return int(done.out.rpartition("changed=")[2].split()[0])


def nobody_changed(before: dict[str, list[Any]], after: dict[str, list[Any]], *users: str) -> bool:
    """Whether all that these users have is as it was."""
    mine = [f"/home/{user}/" for user in users]
    return all(before.get(one) == after.get(one) for one in before | after if one.startswith(tuple(mine)))


@pytest.fixture(scope="class")
def shells(request: pytest.FixtureRequest) -> Iterator[Shells]:
    one = Shells.start(request.cls.suite)
    try:
        yield one
    finally:
        one.host.remove()


@pytest.fixture(scope="class")
def before(shells: Shells) -> dict[str, list[Any]]:
    """The homes before anything was done to them, awkward files and all."""
    host = shells.host
    host.run("apt-get install -y --no-install-recommends rabbitmq-server", seconds=200)
    host.run(AWKWARD)
    return shells.homes()


class Linux:
    """The steps on Linux, in their order; each class below takes them on a host of its own."""

    suite: ClassVar[Suite]
    named: ClassVar[dict[str, Any]] = {"shell_path_users": ["dev", "zed"]}

    def test_an_ordinary_user_does_not_find_the_tools(
        self, shells: Shells, before: dict[str, list[Any]]
    ) -> None:
        for user, said in {
            "dev": "-bash: line 1: rabbitmqctl: command not found",
            "zed": "zsh:1: command not found: rabbitmqctl",
        }.items():
            done = shells.host.run(["su", "-", user, "-c", "rabbitmqctl"], check=False)
            assert (done.rc, done.text.strip().splitlines()[-1]) == (127, said)
        assert {shells.found("dev", shell, how) for shell, how in EVERY_WAY} == {""}
        assert before

    def test_the_file_for_all_users_touches_no_dotfile(
        self, shells: Shells, before: dict[str, list[Any]]
    ) -> None:
        assert changed(shells.play("--check", "--diff")) == 1
        assert not shells.host.exists("/etc/profile.d/rabbitry.sh")
        assert changed(shells.play()) == 1
        assert changed(shells.play()) == 0
        assert shells.homes() == before
        for how in (LOGIN, BOTH):
            assert shells.found("other", "bash", how) == "/usr/sbin/rabbitmqctl"
        done = shells.host.run(["su", "-", "other", "-c", "rabbitmqctl"], check=False)
        assert "Only root or rabbitmq should run rabbitmqctl" in done.text

    def test_that_file_can_be_sourced_by_strict_shells(self, shells: Shells) -> None:
        line = ". /etc/profile.d/rabbitry.sh && command -v rabbitmqctl"
        for shell in (["sh"], ["bash"], ["zsh", "-f"]):
            done = shells.host.run(["env", "-i", f"PATH={PATH}", *shell, "-eu", "-c", line])
            assert done.text == "/usr/sbin/rabbitmqctl\n"

    def test_users_that_are_named_find_them_in_every_shell(self, shells: Shells) -> None:
        assert changed(shells.play("--check", "--diff", **self.named)) == 1
        assert changed(shells.play(**self.named)) == 1
        assert changed(shells.play(**self.named)) == 0
        assert changed(shells.play("--check", "--diff", **self.named)) == 0
        for how in (LOGIN, INTERACTIVE, BOTH):
            assert shells.found("dev", "bash", how) == "/usr/sbin/rabbitmqctl"
            assert shells.found("zed", "zsh", how) == "/usr/sbin/rabbitmqctl"
            # Debian gives every user a .bashrc and a .profile.
            assert shells.found("zed", "bash", how) == "/usr/sbin/rabbitmqctl"
        for user in ("dev", "zed"):
            done = shells.host.run(["su", "-", user, "-c", "rabbitmqctl"], check=False)
            assert "Only root or rabbitmq should run rabbitmqctl" in done.text

    def test_the_brokers_bare_programs_never_hide_its_wrappers(self, shells: Shells) -> None:
        bare = "/usr/lib/rabbitmq/bin"
        done = shells.play(check=False, **self.named, shell_path_directories=[bare, "/usr/sbin"])
        assert f"`{bare}` must come after `/usr/sbin`" in done.text
        shells.play(**self.named, shell_path_more_directories=[bare])
        assert shells.found("dev", "bash", LOGIN, "rabbitmq-streams") == f"{bare}/rabbitmq-streams"
        for program in (f"rabbitmq{tool}" for tool in TOOLS):
            assert shells.found("dev", "bash", LOGIN, program) == f"/usr/sbin/{program}"
        shells.play(**self.named)
        assert shells.found("dev", "bash", LOGIN, "rabbitmq-streams") == ""

    def test_others_are_not_disturbed(self, shells: Shells, before: dict[str, list[Any]]) -> None:
        assert nobody_changed(before, shells.homes(), "other")
        assert shells.homes()["/home/zed/.zshrc"] == before["/home/zed/.zshrc"]  # still the same link

    def test_nothing_is_on_the_path_twice(self, shells: Shells) -> None:
        for user, shell in (("dev", "bash"), ("zed", "zsh")):
            path = shells.path(user, shell, BOTH)
            for _ in range(3):
                path = shells.path(user, shell, BOTH, ":".join(path))
                path = shells.path(user, shell, INTERACTIVE, ":".join(path))
            assert len(path) == len(set(path))
            assert ":".join(path).endswith(SBIN)

    def test_the_applications_own_programs_where_asked(self, shells: Shells) -> None:
        programs = "/opt/rabbitry/venv/bin"
        for name in ("celery", "python3"):
            shells.host.write(f"{programs}/{name}", "#!/bin/sh\n", "0755")
        more = {**self.named, "shell_path_more_directories": [programs]}
        assert changed(shells.play(**more)) == 1
        assert shells.found("zed", "zsh", INTERACTIVE, "celery") == f"{programs}/celery"
        assert shells.found("zed", "zsh", INTERACTIVE, "python3") == "/usr/bin/python3"
        assert changed(shells.play(**self.named)) == 1

    def test_an_edited_block_is_renewed_and_a_damaged_one_refused(self, shells: Shells) -> None:
        shells.host.run("sed -i 's,/usr/sbin,/usr/nowhere,' /home/dev/.bashrc")
        assert shells.found("dev", "bash", INTERACTIVE) == ""
        assert changed(shells.play(**self.named)) == 1
        assert shells.found("dev", "bash", INTERACTIVE) == "/usr/sbin/rabbitmqctl"
        shells.host.run("cp -p /home/dev/.bashrc /tmp/kept && sed -i '/^# <<< rabbitry/d' /home/dev/.bashrc")
        done = shells.play(check=False, **self.named)
        assert done.rc != 0
        assert "`/home/dev/.bashrc` has 1 times `# >>> rabbitry >>>` and 0 times" in done.text
        assert "grep -n rabbitry /home/dev/.bashrc" in done.text
        shells.host.run("cp -p /tmp/kept /home/dev/.bashrc")

    def test_who_cannot_be_served_is_named(self, shells: Shells, before: dict[str, list[Any]]) -> None:
        shells.host.run("chown root: /home/other/.bashrc && ln -sf /etc/hosts /home/zed/.zprofile")
        users = ["dev", "zed", "rabbitmq", "ghost", "other"]
        said = " ".join(shells.play(check=False, shell_path_users=users).text.split())
        assert "`/home/zed/.zprofile` leads to `/etc/hosts`, out of the home of `zed` (and 2 more)" in said
        assert "there is no user `ghost`" in said
        assert "`/home/other/.bashrc` belongs to the user id 0 and not to `other`" in said
        shells.host.run("chown other: /home/other/.bashrc && rm /home/zed/.zprofile")
        said = " ".join(shells.play(shell_path_users=["dev", "zed", "rabbitmq"]).text.split())
        assert "`rabbitmq` is left out: its shell `/usr/sbin/nologin`" in said
        assert nobody_changed(before, shells.homes(), "other")

    def test_absent_gives_everything_back(self, shells: Shells, before: dict[str, list[Any]]) -> None:
        assert shells.homes() != before
        assert changed(shells.play("--check", "--diff", shell_path_state="absent", **self.named)) == 1
        assert changed(shells.play(shell_path_state="absent", **self.named)) == 1
        assert shells.homes() == before
        assert not shells.host.exists("/etc/profile.d/rabbitry.sh")
        assert changed(shells.play(shell_path_state="absent", **self.named)) == 0

    def test_so_does_destroy(self, shells: Shells, before: dict[str, list[Any]]) -> None:
        shells.play(**self.named)
        assert shells.homes() != before
        shells.retire()
        assert shells.homes() == before
        for gone in ("/etc/profile.d/rabbitry.sh", "/var/lib/rabbitry"):
            assert not shells.host.exists(gone)


@pytest.mark.long
class TestDebian12(Linux):
    suite = "bookworm"


@pytest.mark.long
class TestDebian13(Linux):
    suite = "trixie"


# What macOS does before a user's own files are read, by its manual: /etc/paths, then /etc/paths.d, then what
# was on PATH before, nothing twice.
PATH_HELPER = r"""#!/bin/sh
new=
add() { case ":$new:" in *":$1:"*) ;; *) new="${new:+$new:}$1" ;; esac; }
for file in "${PATH_HELPER_ROOT-}"/etc/paths "${PATH_HELPER_ROOT-}"/etc/paths.d/*; do
  [ ! -f "$file" ] || while IFS= read -r line; do add "$line"; done <"$file"
done
IFS=:
for one in $PATH; do add "$one"; done
printf 'PATH="%s"; export PATH;\n' "$new"
"""
ZPROFILE = "if [ -x /usr/libexec/path_helper ]; then\n\teval `/usr/libexec/path_helper -s`\nfi\n"
MAC_PATHS = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
# What launchd gives to Terminal.
MAC_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
BREW = "/opt/homebrew"
BREW_FIRST = [f"{BREW}/bin", f"{BREW}/sbin", "/usr/local/bin", "/usr/local/sbin", *MAC_PATHS[1:]]
# What `brew shellenv` prints, before macOS 14 and without its way out when all is there already.
SHELLENV = f"#!/bin/sh\necho 'export PATH=\"{BREW}/bin:{BREW}/sbin${{PATH+:$PATH}}\";'\n"


class TestMacOS:
    """The role as macOS gets it, in real zsh and bash that start as macOS starts them."""

    suite: ClassVar[Suite] = "trixie"
    named: ClassVar[dict[str, Any]] = {"shell_path_users": ["zed", "dev", "zdot"]}

    def test_the_tools_are_not_found_and_zshenv_is_no_place_for_them(self, shells: Shells) -> None:
        host = shells.host
        host.run(
            "groupadd --system wheel && useradd --create-home --shell /bin/zsh zdot && rm -f /home/*/.[!.]*"
        )
        host.run("rm -f /etc/zsh/zshenv /etc/zsh/zshrc /etc/bash.bashrc")
        host.write("/usr/libexec/path_helper", PATH_HELPER, "0755")
        host.write("/etc/paths", "".join(f"{one}\n" for one in MAC_PATHS))
        host.write("/etc/zsh/zprofile", ZPROFILE)
        host.write("/etc/profile", ZPROFILE)
        host.write(f"{BREW}/sbin/rabbitmqctl", "#!/bin/sh\n", "0755")
        host.write(f"{BREW}/bin/python3", "#!/bin/sh\n", "0755")
        host.write(f"{BREW}/bin/brew", SHELLENV, "0755")
        done = shells.shell("zed", "zsh", LOGIN, "rabbitmqctl", MAC_PATH)
        assert (done.rc, done.text) == (127, "zsh:1: command not found: rabbitmqctl\n")
        host.write("/home/zed/.zshenv", f'PATH="{BREW}/bin:{BREW}/sbin:$PATH"\n')
        assert shells.path("zed", "zsh", LOGIN, MAC_PATH) == [*MAC_PATHS, f"{BREW}/bin", f"{BREW}/sbin"]
        host.run("rm /home/zed/.zshenv")

    def test_the_users_named_find_them_in_every_shell(self, shells: Shells) -> None:
        shells.host.write("/home/zdot/.zshenv", "export ZDOTDIR=~/.config/zsh\n")
        shells.host.run("mkdir -p /home/zdot/.config/zsh && chown -R zdot: /home/zdot")
        assert changed(shells.play(family="Darwin", **self.named)) == 1
        assert changed(shells.play(family="Darwin", **self.named)) == 0
        for user, shell in (("zed", "zsh"), ("zdot", "zsh"), ("dev", "bash")):
            for how in (LOGIN, BOTH):
                assert shells.path(user, shell, how, MAC_PATH) == BREW_FIRST
            assert shells.found(user, shell, INTERACTIVE) == f"{BREW}/sbin/rabbitmqctl"
        files = shells.homes()
        assert {"/home/zed/.zprofile", "/home/zed/.zshrc", "/home/dev/.bash_profile"} <= files.keys()
        assert "/home/zdot/.config/zsh/.zprofile" in files and "/home/zdot/.zprofile" not in files
        assert {tuple(files[one][2:4]) for one in files if one.startswith("/home/zed/")} == {(1001, 1001)}

    def test_nested_shells_keep_the_order(self, shells: Shells) -> None:
        # A terminal multiplexer starts login shells with a PATH that is set already.
        inherited = ":".join(BREW_FIRST)
        for user, shell in (("zed", "zsh"), ("dev", "bash")):
            assert shells.path(user, shell, BOTH, inherited) == BREW_FIRST
            # A virtual environment stays first in a shell within it.
            assert shells.path(user, shell, INTERACTIVE, f"/venv/bin:{inherited}")[0] == "/venv/bin"

    def test_it_gets_on_with_homebrews_own_line(self, shells: Shells) -> None:
        line = f'eval "$({BREW}/bin/brew shellenv)"'
        for place in ("1i", "$a"):
            shells.host.run(["sed", "-i", f"{place} {line}", "/home/zed/.zprofile"])
            path = shells.path("zed", "zsh", LOGIN, MAC_PATH)
            assert path[:2] == BREW_FIRST[:2] and set(path) == set(BREW_FIRST)
            if place == "1i":
                assert path == BREW_FIRST
            shells.host.run("sed -i /shellenv/d /home/zed/.zprofile")

    def test_the_file_for_all_users_is_what_path_helper_reads(self, shells: Shells) -> None:
        assert changed(shells.play(family="Darwin", shell_path_system=True, **self.named)) == 1
        at_the_end = [*MAC_PATHS, f"{BREW}/bin", f"{BREW}/sbin", "/usr/local/sbin"]
        for shell in ("zsh", "bash"):
            assert shells.path("other", shell, LOGIN, MAC_PATH) == at_the_end
        assert shells.path("zed", "zsh", LOGIN, MAC_PATH) == BREW_FIRST

    def test_absent_gives_everything_back(self, shells: Shells) -> None:
        assert changed(shells.play(family="Darwin", shell_path_state="absent", **self.named)) == 1
        left = {"/home/zdot/.zshenv", "/home/zdot/.config", "/home/zdot/.config/zsh"}
        assert set(shells.homes()) == left
        assert not shells.host.exists("/etc/paths.d")
