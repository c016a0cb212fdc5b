"""Read what tasks say of files and directories, and refuse what cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files


def whole_path(item: Mapping[str, Any]) -> Path:
    """The item's `path`; Refused unless it is absolute, without `..` and not the root directory."""
    path = Path(item["path"])
    if not path.is_absolute() or ".." in path.parts or path == Path("/"):
        raise files.Refused(f"`{item['path']}` is not a whole path: it begins with `/` and has no `..`")
    return path


def mode_of(item: Mapping[str, Any], key: str = "mode") -> int:
    """The permissions that the item gives as text; Refused for a number, which YAML may have changed."""
    if not re.fullmatch(r"0[0-7]{3,4}", str(item[key])):
        raise files.Refused(f"the {key} of `{item['path']}` is `{item[key]}`: quote it, like '0644'")
    return int(item[key], 8)
