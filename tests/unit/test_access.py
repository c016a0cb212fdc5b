"""What ssh, sudo and Ansible say of a host becomes one sentence; where the command goes is Ansible's word."""

from __future__ import annotations

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import access, reach, ssh

DOOR = access.Door(host="web1", ssh=["ssh", "-p", "2222", "me@10.0.0.1"], user="me")
VIA = "Task failed: Failed to connect to the host via ssh: "


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({}, ["ssh", "web1"]),
        ({"remote_user": "me", "port": 2222}, ["ssh", "-p", "2222", "me@web1"]),
        ({"private_key_file": "/k e y"}, ["ssh", "-i", "/k e y", "web1"]),
        ({"ssh_args": "-o ControlMaster=auto -oControlPersist=120s -S /x -C"}, ["ssh", "-C", "web1"]),
        ({"ssh_args": "-o 'ControlPath /x' -o User=x"}, ["ssh", "-o", "User=x", "web1"]),
        ({"ssh_common_args": "-J me@gate", "ssh_extra_args": "-4"}, ["ssh", "-J", "me@gate", "-4", "web1"]),
        ({"host_key_checking": False}, ["ssh", "-o", "StrictHostKeyChecking=no", "web1"]),
        ({"ssh_executable": "/opt/ssh"}, ["/opt/ssh", "web1"]),
    ],
)
def test_the_command_goes_where_ansible_goes(options: dict[str, object], command: list[str]) -> None:
    assert ssh.command(dict.fromkeys(ssh.OPTIONS) | {"host": "web1"} | options) == command


@pytest.mark.parametrize(
    ("text", "state", "message", "hint"),
    [
        (
            "Task failed: Missing sudo password",
            "password",
            "sudo on web1 wants the password of `me`",
            "host_vars",
        ),
        (
            "Task failed: Incorrect sudo password",
            "wrong",
            "sudo on web1 does not accept the password that was given for `me`",
            "ssh -t -p 2222 me@10.0.0.1 sudo -v",
        ),
        (
            VIA + "ssh: Could not resolve hostname web1: Name or service not known",
            "refused",
            "host web1 cannot be found: Could not resolve hostname web1: Name or service not known",
            "getent hosts 10.0.0.1",
        ),
        (
            VIA + "Host key verification failed.",
            "refused",
            "the ssh key of host web1 is not known here",
            "ssh -p 2222 me@10.0.0.1 true",
        ),
        (
            VIA + "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            "refused",
            "the ssh key of host web1 is not the known one",
            "ssh -p 2222 me@10.0.0.1 true",
        ),
        (
            VIA + "me@10.0.0.1: Permission denied (publickey,password).",
            "refused",
            "host web1 lets no key of ours in as `me`: me@10.0.0.1: Permission denied (publickey,password)",
            "ssh-copy-id -p 2222 me@10.0.0.1",
        ),
        (
            "\nme is not in the sudoers file.\nControlSocket /x already exists, disabling multiplexing\n",
            "refused",
            "`me` may not use sudo on host web1",
            "usermod -aG sudo me",
        ),
        ("sh: 1: sudo: not found\n", "refused", "host web1 has no `sudo`", "apt-get install sudo"),
        (
            VIA + "ssh: connect to host web1 port 22: Connection refused",
            "refused",
            "host web1 cannot be reached: connect to host web1 port 22: Connection refused",
            "ssh -p 2222 me@10.0.0.1 true",
        ),
        (
            "me ist nicht in der sudoers-Datei.\nShared connection to web1 closed.",
            "refused",
            "`me` cannot become root on host web1: me ist nicht in der sudoers-Datei",
            "ssh -p 2222 me@10.0.0.1 true",
        ),
    ],
)
def test_a_refusal_is_one_sentence(text: str, state: str, message: str, hint: str) -> None:
    judged, fault = access.judge(DOOR, text)
    assert judged == state and fault is not None
    assert fault.message == message
    assert hint in fault.hint


def test_a_password_of_the_inventory_is_named_as_such() -> None:
    door = access.Door(host="web1", ssh=DOOR.ssh, user="me", given=True)
    _, fault = access.judge(door, "Incorrect sudo password")
    assert fault is not None and "in `ansible_become_password` for `me`" in fault.message


@pytest.mark.parametrize("bind", ["127.0.0.1", "localhost", "::1"])
def test_a_server_that_its_host_keeps_for_itself_is_refused(bind: str) -> None:
    groups = {"brokers": ["queue1"], "backends": ["queue1"], "workers": ["queue1", "work1"]}
    (fault,) = reach.check_reach(bind, "queue1", groups)
    assert fault.message == (
        f"`stack_bind` is `{bind}` on host queue1: work1 cannot reach RabbitMQ and Redis there"
    )
    assert reach.check_reach(bind, "work1", groups) == []
    assert reach.check_reach("0.0.0.0", "queue1", groups) == []
    assert reach.check_reach("queue1", "queue1", groups) == []
    assert reach.check_reach(bind, "queue1", groups | {"workers": ["queue1"]}) == []
