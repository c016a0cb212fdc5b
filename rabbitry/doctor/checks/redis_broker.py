"""Troubles of those who let Redis be Celery's broker as well."""

from __future__ import annotations

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

# Celery's default, in seconds; half of it is early enough to tell.
VISIBILITY_TIMEOUT = 3600


@check("redis/visibility_timeout")
def visibility_timeout(stack: Stack, seen: Evidence) -> Found | None:
    """A message that a worker holds so long that Redis will hand it out once more."""
    for one in seen.answers("redis").get("unacked", ()):
        age = seen.time - one["oldest"]
        if age > VISIBILITY_TIMEOUT / 2:
            return Found(
                f"a task that a worker took {age / 60:.0f} minutes ago is not acknowledged: "
                f"after {VISIBILITY_TIMEOUT / 60:.0f} it runs once more",
                (f"database {one['database']}: {one['count']} in unacked_index",),
            )
    return None
