"""What an environment is built with: the uv of the host, or one that is installed for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import uv
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger


def uv_for(params: Mapping[str, Any], home: Path, python: str, ledger: Ledger) -> uv.Uv:
    """The uv to build with, installed first when the host has none."""
    environment = uv.environment(params["ca_file"], params["index"])
    path = uv.find_uv(params["uv"], home)
    if not path:
        path = uv.make_uv(home, python, params["uv_lock"], environment)
        ledger.record("venv", str(home / "uv"), path=str(home / "uv"), created=True)
    return uv.Uv(path, environment)


def given(path: str) -> str:
    """The path of the host's own environment; DeploymentError when there is no Python in it."""
    if uv.python_version(f"{path}/bin/python") < uv.OLDEST:
        raise DeploymentError(
            f"celery_app_venv is `{path}`, which has no Python of at least 3.11",
            f"{path}/bin/python --version",
        )
    return path
