"""The verb `up`: the playbook `site`, then the proof that real tasks come back."""

from __future__ import annotations

from rabbitry import ansible, report, summary, watching
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.inventory import carrier
from rabbitry.model import COMPOSE, Stack
from rabbitry.proving import prove


def up(
    environment: Environment,
    *,
    check: bool = False,
    full: bool = False,
    verbose: bool = False,
    watch: bool = False,
    limit: str = "",
) -> None:
    """Bring the stack to what the inventory says; with `check` only tell what would change.

    `full` runs every role, also on hosts that are as the last run left them. With `watch` containers have the
    application's code mounted, and are restarted when it changes, until somebody interrupts that. `limit`
    names the hosts (with commas) that may change; the others are only looked at.
    """
    if watch and carrier(environment) != COMPOSE:
        raise StackError("`--watch` is for a stack in containers", "./inv up --on compose --watch")
    with report.progress(verbose) as progress:
        asked = {"rabbitry_full": full, "rabbitry_live": watch, "rabbitry_only": limit}
        extra = {name: value for name, value in asked.items() if value}
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
    if watch:
        watching.watch(environment)
