"""The verb `up`: the playbook `site`, then the proof that real tasks come back."""

from __future__ import annotations

from rabbitry import ansible, report, summary
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack
from rabbitry.proving import prove


def up(
    environment: Environment,
    *,
    check: bool = False,
    full: bool = False,
    verbose: bool = False,
    limit: str = "",
) -> None:
    """Bring the stack to what the inventory says; with `check` only tell what would change.

    `full` runs every role, also on hosts that are as the last run left them. `limit` names the
    hosts (with commas) that may change; the others are only looked at.
    """
    with report.progress(verbose) as progress:
        extra = {"rabbitry_full": full, "rabbitry_only": limit} if full or limit else None
        run = ansible.run("site", environment, check=check, extra=extra, listen=progress.hear)
        if check:
            report.line(f"{len(run.changed)} changes would be made; the differences: {run.log}")
            report.changes(run.changed)
            report.warnings(run.notes)
            return
        environment.described()
        stack = Stack.load(environment.stack)
        try:
            prove(environment, stack, progress)
        except StackError:
            # They may be the reason.
            report.warnings(run.notes)
            raise
    summary.show(environment, stack, run.log)
    report.warnings(run.notes)
