"""Troubles of those who let Redis be Celery's broker as well."""

from __future__ import annotations

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

# Celery's default, in seconds.
VISIBILITY_TIMEOUT = 3600


@check("redis/visibility_timeout")
def visibility_timeout(stack: Stack, seen: Evidence) -> Found | None:
    """A message that a worker holds so long that Redis will hand it out once more."""
    timeout = float(seen.answers("app").get("visibility_timeout") or VISIBILITY_TIMEOUT)
    for one in seen.answers("redis").get("unacked", ()):
        age = seen.time - one["oldest"]
        # Half of it is early enough to tell.
        if age > timeout / 2:
            return Found(
                f"a task that a worker took {age / 60:.0f} minutes ago is not acknowledged: "
                f"after {timeout / 60:.0f} it runs once more",
                (f"database {one['database']}: {one['count']} in unacked_index",),
            )
    return None
