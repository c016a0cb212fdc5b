"""The checks by their slugs: each is a pure function of the stack and one host's evidence."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.model import Stack

Check = Callable[[Stack, Evidence], Found | None]

_checks: dict[str, Check] = {}


def check(slug: str) -> Callable[[Check], Check]:
    """Register a check under the slug of its entry, `service/name`; the function has the slug's name."""

    def register(body: Check) -> Check:
        if slug in _checks or slug.partition("/")[2] != body.__name__:
            raise ValueError(f"the check `{body.__name__}` cannot be registered as `{slug}`")
        _checks[slug] = body
        return body

    return register


def checks() -> dict[str, Check]:
    """Every check by its slug, in the order of modules and functions."""
    for path in sorted((Path(__file__).parent / "checks").glob("*.py")):
        importlib.import_module(f"rabbitry.doctor.checks.{path.stem}")
    return dict(_checks)
