"""Finds the command that a refused run gives as its hint."""

from __future__ import annotations

import re

import yaml

HINT = re.compile(r"^(?P<indent> *)hint: .*(?:\n(?P=indent) +\S.*)*", re.M)


def hint(said: str) -> str:
    """Return the hint in the output of a run that failed; AssertionError when it gives none."""
    found = HINT.search(said)
    assert found, f"no hint in:\n{said}"
    return str(yaml.safe_load(found[0])["hint"])
