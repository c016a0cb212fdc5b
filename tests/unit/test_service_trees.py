"""The directories that services share are stated with them; each writes with the umask it asks for."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import (
    launchd,
    service_trees,
    supervisord,
    systemd,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.service import LOGS, RUN, Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import InvalidService
from ansible_collections.rabbitry.stack.plugins.module_utils.trees import Tree

LEDGERS = Path("/var/lib/rabbitry/ledger")


def service(**change: object) -> Service:
    return Service.from_vars({"name": "probe", "command": ["/bin/probe"], "user": "app", **change})


def test_every_tree_is_one_and_programs_can_be_run_by_all() -> None:
    items = service_trees.items([service(runtime_dirs=["probe"])], LEDGERS, [LOGS])
    trees = {str(tree.path): tree for tree in map(Tree.from_options, items)}
    assert len(trees) == len(items)
    assert trees[str(LEDGERS)].standard.mode(0o755, directory=True) == 0o700
    assert trees[str(LEDGERS)].standard.mode(0o644, directory=False) == 0o600
    assert trees["/opt/rabbitry/libexec"].standard.mode(0o777, directory=False) == 0o755
    assert trees["/etc/rabbitry"].standard.mode(0o777, directory=True) == 0o755
    assert trees[RUN].depth == 0
    own = trees[f"{RUN}/probe"]
    assert (own.standard.user, own.guarded) == ("app", True)
    assert own.standard.mode(0o777, directory=True) == 0o755


def test_the_directory_of_logs_is_stated_where_there_is_one() -> None:
    paths = [item["path"] for item in service_trees.items([], LEDGERS, [])]
    assert LOGS not in paths
    assert str(LEDGERS) in paths


def test_a_umask_reaches_every_supervisor() -> None:
    one = service(umask="0027")
    assert "UMask=0027" in systemd.render(one).splitlines()
    assert "umask=0027" in supervisord.render(one).splitlines()
    assert "mask" not in systemd.render(service()) + supervisord.render(service())
    assert plistlib.loads(launchd.render(service(umask="0027", user="root")).encode())["Umask"] == 0o027


@pytest.mark.parametrize("umask", ["27", "0o27", "0999", "027"])
def test_a_umask_that_yaml_may_have_changed_is_refused(umask: str) -> None:
    with pytest.raises(InvalidService, match="not a quoted umask of the form 0027"):
        service(umask=umask)
