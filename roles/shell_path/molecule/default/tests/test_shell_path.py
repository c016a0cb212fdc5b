"""Users find the tools in every shell that they start, in the right order, and get their files back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.remote import Remote

Converge = Callable[..., int]

# What a login gives an ordinary user of Debian.
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
WAYS = [(shell, how) for shell in (("dev", "bash"), ("zed", "zsh")) for how in ("-lc", "-ic", "-lic")]


def say(machine: Remote, user: str, shell: str, how: str, line: str, path: str = PATH) -> str:
    """What a line says in a shell that was started with nothing but this PATH."""
    given = ["env", "-i", f"HOME=/home/{user}", f"PATH={path}", "TERM=dumb", shell, how, line]
    return machine.run(given, user=user, cwd="/", check=False).out.strip()


@pytest.mark.parametrize(("who", "how"), WAYS)
def test_the_tools_answer(machine: Remote, who: tuple[str, str], how: str) -> None:
    assert say(machine, *who, how, "stack-tool") == "/usr/sbin/stack-tool"
    assert say(machine, *who, how, "app-tool") == "/opt/tools/bin/app-tool"
    assert say(machine, *who, how, "command -v python3") == "/usr/bin/python3"


def test_su_finds_them_too(machine: Remote) -> None:
    for user in ("dev", "zed"):
        assert machine.run(["su", "-", user, "-c", "stack-tool"]).out.strip() == "/usr/sbin/stack-tool"


def test_a_user_who_is_not_named_finds_them_after_a_login_only(machine: Remote) -> None:
    assert say(machine, "other", "bash", "-lc", "stack-tool") == "/usr/sbin/stack-tool"
    assert say(machine, "other", "bash", "-ic", "stack-tool") == ""


@pytest.mark.parametrize("who", [("dev", "bash"), ("zed", "zsh")])
def test_nothing_is_on_the_path_twice(machine: Remote, who: tuple[str, str]) -> None:
    path = PATH
    for how in ("-lic", "-ic", "-lic"):
        path = say(machine, *who, how, 'printf "%s" "$PATH"', path)
    assert path == f"{PATH}:/usr/local/sbin:/usr/sbin:/opt/tools/bin"


def test_absent_gives_every_file_back(machine: Remote, converge: Converge) -> None:
    assert converge(shell_path_state="absent") == 1
    try:
        for user in ("dev", "zed", "other"):
            assert machine.run(f"diff -r /etc/skel /home/{user}", check=False).text == ""
        assert not machine.exists("/etc/profile.d/rabbitry.sh")
        assert say(machine, "dev", "bash", "-lic", "stack-tool") == ""
    finally:
        assert converge() == 1
