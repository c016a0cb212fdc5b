"""What of the machine itself stands in the services' way: kernel settings, clock, names, tools on PATH."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question


def collect(question: Question, root: Path = Path("/")) -> dict[str, Any]:
    """Return {"clock": seconds since 1970, "overcommit": vm.overcommit_memory or ""}."""
    overcommit = root / "proc/sys/vm/overcommit_memory"
    return {
        "clock": time.time(),
        "overcommit": overcommit.read_text(encoding="ascii").strip() if overcommit.exists() else "",
    }
