"""Labels for SELinux against a made-up semanage: what is missing is added, what is another's is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import selinux
from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.verdict import Verdict

PORTS = """\
redis_port_t                   tcp      6379, 16379, 26379
redis_port_t                   udp      9999
http_cache_port_t              tcp      8080, 8118, 10001-10010
unreserved_port_t              tcp      61001-65535, 1024-32767
"""


class Policy:
    """What semanage and restorecon would do, and what was asked of them."""

    def __init__(self, labels: Mapping[str, str] | None = None) -> None:
        self.calls: list[str] = []
        self.labels = dict(labels or {})
        self.rules = ""
        self.broken = ""

    def run(self, command: Sequence[str]) -> tuple[bool, str]:
        words = " ".join(command)
        self.calls.append(words)
        if self.broken and self.broken in words:
            return False, "ValueError: it is broken\n"
        return True, {"semanage port -l -n": PORTS, "semanage fcontext -l -C -n": self.rules}.get(words, "")

    @property
    def changes(self) -> list[str]:
        return [call for call in self.calls if " -l " not in call]


@pytest.fixture
def policy() -> Policy:
    return Policy()


def labels(policy: Policy, root: Path, check: bool = False, **more: Any) -> selinux.Labels:
    found = {"find": lambda name: f"/usr/sbin/{name}", **more}
    return selinux.Labels(
        ledger=Ledger("redis", root / "ledger"),
        changes=Changes(check=check),
        run=policy.run,
        label_of=lambda path: policy.labels.get(str(path), ""),
        **found,
    )


def test_a_port_of_nobodys_gets_its_type(policy: Policy, tmp_path: Path) -> None:
    one = labels(policy, tmp_path)
    one.converge([{"port": 6380, "type": "redis_port_t"}], [])
    assert policy.changes == ["semanage port -a -t redis_port_t -p tcp 6380"]
    assert one.ledger.find("selinux", "port tcp 6380") is not None
    assert one.changes.names == ["SELinux port tcp 6380"]


@pytest.mark.parametrize("port", [6379, 26379])
def test_a_port_that_has_its_type_is_left_alone(policy: Policy, tmp_path: Path, port: int) -> None:
    one = labels(policy, tmp_path)
    one.converge([{"port": port, "type": "redis_port_t"}], [])
    assert (policy.changes, one.changes.names, one.ledger.entries) == ([], [], [])


@pytest.mark.parametrize("port", [8080, 10005])
def test_a_port_of_another_service_is_refused(policy: Policy, tmp_path: Path, port: int) -> None:
    with pytest.raises(selinux.SelinuxError, match=f"port {port} is labelled `http_cache_port_t`") as failed:
        labels(policy, tmp_path).converge([{"port": port, "type": "redis_port_t"}], [])
    assert f"grep -w {port}" in failed.value.hint
    assert policy.changes == []


def test_check_mode_tells_and_does_nothing(policy: Policy, tmp_path: Path) -> None:
    one = labels(policy, tmp_path, check=True)
    one.converge(
        [{"port": 6380, "type": "redis_port_t"}], [{"path": str(tmp_path), "type": "redis_var_lib_t"}]
    )
    assert policy.changes == []
    assert [entry["after"] for entry in one.changes.diff] == ["redis_port_t\n"] + ["redis_var_lib_t\n"] * 2


def test_a_directory_gets_a_rule_and_its_content_the_type(policy: Policy, tmp_path: Path) -> None:
    labels(policy, tmp_path).converge([], [{"path": str(tmp_path), "type": "redis_var_lib_t"}])
    rule = selinux.pattern(str(tmp_path))
    added = f"semanage fcontext -a -t redis_var_lib_t {rule}"
    assert policy.changes == [added, f"restorecon -R {tmp_path}"]
    policy.calls.clear()
    policy.rules = f"{rule}      all files     system_u:object_r:redis_var_lib_t:s0\n"
    policy.labels = {str(tmp_path): "redis_var_lib_t"}
    labels(policy, tmp_path).converge([], [{"path": str(tmp_path), "type": "redis_var_lib_t"}])
    assert policy.changes == []


def test_a_path_is_no_pattern() -> None:
    assert selinux.pattern("/data/a.b+c/") == r"/data/a\.b\+c(/.*)?"


def test_without_the_tool_the_package_is_named(policy: Policy, tmp_path: Path) -> None:
    one = labels(policy, tmp_path, find=lambda name: None)
    one.converge([], [])
    with pytest.raises(selinux.SelinuxError, match="`semanage`") as failed:
        one.converge([{"port": 6380, "type": "redis_port_t"}], [])
    assert failed.value.hint == "sudo dnf install policycoreutils-python-utils"


def test_a_command_that_fails_is_shown(policy: Policy, tmp_path: Path) -> None:
    policy.broken = "port -a"
    with pytest.raises(selinux.SelinuxError, match="6380` failed: ValueError: it is broken") as failed:
        labels(policy, tmp_path).converge([{"port": 6380, "type": "redis_port_t"}], [])
    assert failed.value.hint.startswith("sudo semanage port -a")


def test_labels_go_with_the_stack(policy: Policy) -> None:
    verdict = Verdict()
    for name in ("port tcp 6380", r"path /data/a b(/.*)?"):
        selinux.retire({"kind": "selinux", "name": name}, verdict, False, policy.run)
    assert policy.calls == ["semanage port -d -p tcp 6380", "semanage fcontext -d /data/a b(/.*)?"]
    selinux.retire({"kind": "selinux", "name": "port tcp 1"}, verdict, True, policy.run)
    assert len(policy.calls) == 2 and len(verdict.removed) == 3


def test_where_the_kernel_has_none_nothing_is_needed(tmp_path: Path) -> None:
    assert not selinux.enabled(tmp_path / "enforce")
    (tmp_path / "enforce").write_text("0")
    assert selinux.enabled(tmp_path / "enforce")
