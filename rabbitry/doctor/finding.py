"""What a check says, and what the doctor makes of it."""

from __future__ import annotations

from dataclasses import dataclass

# Worst first: nothing works, something does not, nothing yet but soon.
SEVERITIES = ("stops", "harms", "threatens")


@dataclass(frozen=True)
class Found:
    """A check's answer: one sentence that names thing and value, and the evidence for it, line by line."""

    wrong: str
    evidence: tuple[str, ...] = ()
    own: bool = False
    """Whether nothing else explains it, as when somebody stopped a service: it is told beside any cause."""
    service: str = ""
    """The only service that it concerns, where that is not clear from the check's slug."""

    def __post_init__(self) -> None:
        """Leave out the lines that a log did not have."""
        object.__setattr__(self, "evidence", tuple(line for line in self.evidence if line))


@dataclass(frozen=True)
class Finding:
    """A trouble on a host. `slug` is its entry's, as in `redis/rdb_permission`; `command` mends it."""

    slug: str
    host: str
    wrong: str
    evidence: tuple[str, ...]
    why: str
    command: str
    page: str
    severity: str = "stops"
    own: bool = False
    service: str = ""
    blind: bool = False
    """Whether it only says that something could not be looked at."""
