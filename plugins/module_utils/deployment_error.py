"""What goes wrong when an application is built; by itself, for the builds of images need little else."""

from __future__ import annotations


class DeploymentError(Exception):
    """A step that failed: one sentence, a way out, and the last lines that the program printed."""

    def __init__(self, message: str, hint: str = "", log: list[str] | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.log = log or []
