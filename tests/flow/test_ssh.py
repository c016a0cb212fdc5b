"""Every verb over ssh on one host that keeps everything for itself, by sudo with a password."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.support import ssh
from tests.support.snapshot import Snapshot, ports_of

SERVICES = ("rabbitmq-server", "redis-server", "stack-worker-default", "stack-beat", "stack-flower")
PORTS = {5672, 15672, 6379, 5555}
UP, QUICK = 600, 180
PAGE = "python3 -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=2)'"
# A user's own play.
AS_USERS = """
- name: As the users of the services
  hosts: all
  gather_facts: false
  become: true
  tasks:
    - name: Look as celery
      rabbitry.stack.probe:
      become_user: celery
      register: celery
    - name: Look as rabbitmq
      rabbitry.stack.probe:
      become_user: rabbitmq
      register: rabbitmq
    - name: Who was it
      ansible.builtin.debug:
        msg: "{{ [celery.facts.user, rabbitmq.facts.user] }}"
"""


@pytest.fixture(scope="module")
def site() -> Iterator[ssh.Site]:
    with ssh.site("trixie", ["web1"]) as site:
        site.write("inventory/vps.yml", ssh.everything(["web1"], "deploy"))
        yield site


@pytest.fixture(scope="module")
def before(site: ssh.Site) -> dict[str, Snapshot]:
    return ssh.pictures(site)


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestOneHostBySudoWithAPassword:
    """The stack listens on the loopback of `web1`; proof and smoke come by a tunnel."""

    def test_who_is_not_let_in_is_told_so_for_every_host(
        self, site: ssh.Site, before: dict[str, Snapshot]
    ) -> None:
        web1 = {"ansible_host": "web1"}
        other_key = {
            "ansible_ssh_private_key_file": f"{ssh.HOME}/.ssh/stranger",
            "ansible_ssh_common_args": "-o IdentitiesOnly=yes -o ControlPath=none",
        }
        address = site.targets["web1"].run(["hostname", "-i"]).out.strip()
        hosts = {
            "unknown": {"ansible_host": address, "ansible_user": "ops"},
            "wrongkey": web1 | other_key | {"ansible_user": "ops"},
            "noroot": web1 | {"ansible_user": "guest", "ansible_become_password": ssh.PASSWORD},
            "wrongword": web1 | {"ansible_user": "deploy", "ansible_become_password": "no"},
            "noword": web1 | {"ansible_user": "deploy"},
            "nowhere": {"ansible_host": "nowhere.invalid"},
            "closed": web1 | {"ansible_port": 2222},
            "fine": web1 | {"ansible_user": "ops"},
        }
        site.write("inventory/many.yml", json.dumps({"all": {"hosts": hosts}}))
        said = site.inv("up", "--env", "many", check=False)
        assert said.rc == 1 and "7 faults" in said.err, said
        expected = {
            "the ssh key of host unknown is not known here": f"ssh ops@{address} true",
            "host wrongkey lets no key of ours in as `ops`": "ssh-copy-id ",
            "`guest` may not use sudo on host noroot": "usermod -aG sudo guest",
            "sudo on wrongword does not accept the password in `ansible_become_password`": "sudo -v",
            "sudo on noword wants the password of `deploy`, and there is no": "ansible-vault create ",
            "host nowhere cannot be found": "getent hosts nowhere.invalid",
            "host closed cannot be reached": "ssh -p 2222 web1 true",
        }
        for message, hint in expected.items():
            found = re.search(rf"error: {re.escape(message)}.*\n\nhint: (.*)", said.err)
            assert found and hint in found[1], (message, said.err)
        assert ssh.differences(before, ssh.pictures(site)) == []

    def test_a_wrong_password_changes_nothing(self, site: ssh.Site, before: dict[str, Snapshot]) -> None:
        said = site.typed("up", "--env", "vps", answers=["no", "never", "nowhere"], check=False)
        assert said.rc == 1 and "sudo on web1 does not accept the password that was given" in said.out, said
        assert ssh.differences(before, ssh.pictures(site)) == []

    @pytest.mark.usefixtures("before")
    def test_up_asks_for_the_password_once(self, site: ssh.Site) -> None:
        said = site.typed("up", "-i", "inventory/vps.yml", answers=[ssh.PASSWORD], seconds=UP)
        assert said.out.count("sudo password of deploy on web1: ") == 1
        assert "2 of 2 queues carried a task" in said.out
        assert ssh.PASSWORD not in said.text

    def test_all_of_it_listens_on_loopback(self, site: ssh.Site, before: dict[str, Snapshot]) -> None:
        assert ports_of(ssh.pictures(site)["web1"]) >= PORTS
        assert ssh.strangers(site, "web1") == []

    def test_the_printed_way_in_is_true(self, site: ssh.Site) -> None:
        said = site.typed("up", "--env", "vps", answers=[ssh.PASSWORD], seconds=QUICK)
        assert re.search(r"amqp://127\.0\.0\.1:5672/app +web1 ", said.out), said
        (command,) = re.findall(r"^ +(ssh -N -L .*)$", said.out.replace("\r", ""), re.M)
        site.run(
            f"{command} & tunnel=$!; trap 'kill $tunnel' EXIT;"
            f" until {PAGE} http://127.0.0.1:5555/healthcheck >/dev/null 2>&1; do :; done",
            seconds=30,
        )
        assert site.changed("vps") == 0

    def test_smoke_needs_no_password(self, site: ssh.Site) -> None:
        said = site.inv("smoke", "--env", "vps", seconds=QUICK)
        assert "promises kept" in said.out
        running = site.controller.run("cat /proc/[0-9]*/cmdline | tr '\\0' ' '", check=False).out
        assert "rabbitry: the tunnel" not in running

    def test_status_and_logs_ask_for_it(self, site: ssh.Site) -> None:
        told = site.typed("status", "--env", "vps", answers=[ssh.PASSWORD]).out
        assert [name for name in SERVICES if not re.search(rf"web1 +{name} +running", told)] == [], told
        told = site.typed("logs", "stack-beat", "--env", "vps", answers=[ssh.PASSWORD]).out
        assert "beat: Starting" in told or "Sending due task" in told, told

    def test_doctor_finds_nothing(self, site: ssh.Site) -> None:
        said = site.typed("doctor", "--env", "vps", answers=[ssh.PASSWORD]).out
        assert "no trouble found" in said, said

    def test_restart_proves_that_it_works_again(self, site: ssh.Site) -> None:
        said = site.typed("restart", "stack-worker", "--env", "vps", answers=[ssh.PASSWORD], seconds=QUICK)
        assert "+ Restart stack-worker-default" in said.out and "queues carried a task" in said.out

    def test_modules_run_as_the_services_users(self, site: ssh.Site) -> None:
        site.write("as_users.yml", AS_USERS)
        play = [".venv/bin/ansible-playbook", "-i", "inventory/vps.yml", "as_users.yml"]
        said = site.run([*play, "-e", "ansible_user=ops"], seconds=QUICK)
        assert "failed=0" in said.out and re.search(r"- celery\n +- rabbitmq\n", said.out), said

    def test_a_sudo_that_wants_a_terminal_is_served(self, site: ssh.Site) -> None:
        """Without pipelining a task copies its module and runs it on a terminal; any shell will do."""
        web1 = site.targets["web1"]
        web1.write("/etc/sudoers.d/terminal", "Defaults requiretty\n", mode="0440")
        web1.run(["usermod", "--shell", "/bin/dash", "ops"])
        site.write("inventory/vps.yml", ssh.everything(["web1"], "ops", ansible_pipelining=False))
        said = site.inv("up", "--check", "--env", "vps", seconds=UP)
        web1.run(["rm", "/etc/sudoers.d/terminal"])
        web1.run(["usermod", "--shell", "/bin/bash", "ops"])
        site.write("inventory/vps.yml", ssh.everything(["web1"], "deploy"))
        assert said.out.startswith("0 changes would be made"), said
        site.typed("describe", "--env", "vps", answers=[ssh.PASSWORD])

    def test_a_broker_that_is_down_is_named_with_its_host(self, site: ssh.Site) -> None:
        site.targets["web1"].run(["systemctl", "stop", "rabbitmq-server"], seconds=90)
        said = site.inv("smoke", "--env", "vps", check=False)
        assert said.rc == 1 and "rabbitmq-server hangs up at 127.0.0.1:5672 on web1" in said.out, said
        told = site.typed("doctor", "--env", "vps", answers=[ssh.PASSWORD], check=False)
        assert told.rc == 1 and re.search(r"^x rabbitmq/node_down   web1\r?$", told.out, re.M), told

    def test_the_password_is_kept_nowhere(self, site: ssh.Site) -> None:
        # The clone has this test too, so the whole of it cannot be searched.
        places = [".state", ".ansible", f"{ssh.HOME}/.ansible", "/tmp"]
        assert site.run(["grep", "-rlF", ssh.PASSWORD, *places], check=False).out == ""

    def test_down_and_destroy_leave_nothing(self, site: ssh.Site, before: dict[str, Snapshot]) -> None:
        site.typed("down", "--env", "vps", answers=[ssh.PASSWORD], seconds=QUICK)
        assert ports_of(ssh.pictures(site)["web1"]) & PORTS == set()
        site.typed("destroy", "--yes", "--env", "vps", answers=[ssh.PASSWORD], seconds=UP)
        assert ssh.differences(before, ssh.pictures(site)) == []
