"""The seal of a host: written when a converge ended whole, broken when the next one begins."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import files, ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import unseal as unseal

SCHEMA = 1


def _paths(root: Path) -> tuple[Path, Path]:
    return root / "seal.json", root / "seal.broken.json"


def _read(path: Path) -> dict[str, str]:
    content = files.read(path)
    try:
        document = json.loads(content or b"{}")
        return (
            {"env": document["env"], "digest": document["digest"]} if document.get("schema") == SCHEMA else {}
        )
    except (ValueError, KeyError, AttributeError):
        return {}  # a damaged seal seals nothing


def current(root: Path = ledger.ROOT) -> dict[str, str]:
    """{"env", "digest"} of a sealed host, {} of one that is not."""
    return _read(_paths(root)[0])


def last(root: Path = ledger.ROOT) -> dict[str, str]:
    """{"env", "digest"} of the seal, or of the one broken last; {} when there was none."""
    return current(root) or _read(_paths(root)[1])


def seal(env: str, digest: str, root: Path = ledger.ROOT) -> None:
    """Seal the host with the digest of the inputs it was converged with."""
    sealed, broken = _paths(root)
    document = {"schema": SCHEMA, "env": env, "digest": digest}
    if current(root) != {"env": env, "digest": digest}:
        with ledger.locked(root):
            files.write(sealed, (json.dumps(document) + "\n").encode(), 0o600)
    broken.unlink(missing_ok=True)
