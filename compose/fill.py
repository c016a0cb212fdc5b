"""Fills the environment of an application's image as hosts fill theirs: fill.py UV ENVIRONMENT.

In /build are environment.json, which says of what, the application's own wheel in package/, and index.txt
with the package index, empty for the public one.
"""

import json
import sys
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import uv
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment_error import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.environment_fill import Filling

BUILD = Path("/build")
PYTHON = "/usr/bin/python3"


def main(program: str, path: str) -> None:
    given = json.loads((BUILD / "environment.json").read_text(encoding="utf-8"))
    index = (BUILD / "index.txt").read_text(encoding="utf-8").strip()
    tool = uv.Uv(program, uv.environment("/etc/ssl/certs/ca-certificates.crt", index))
    wheel = next((BUILD / "package").glob("*.whl"), None)
    try:
        tool.run("venv", "--quiet", "--no-project", "--python", PYTHON, path)
        install = str(wheel or given["install"])
        Filling(Path(path), tool).fill(
            given["lock"], given["own"], given["wanted"], given["leading"], install
        )
    except DeploymentError as error:
        sys.exit("\n".join([*error.log, f"error: {error}", *([f"hint: {error.hint}"] if error.hint else [])]))
    Path(path, ".lock").unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
