"""The verb `down`: stops the stack and keeps its data."""

from __future__ import annotations

from rabbitry import ansible, report
from rabbitry.environment import Environment


def down(environment: Environment) -> None:
    """Stop every service; queues, results and configuration stay."""
    with report.progress() as progress:
        ansible.run("down", environment, listen=progress.hear)
    report.line(f"stopped, data kept; start again: ./inv up{environment.option}")
