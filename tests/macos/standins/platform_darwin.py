"""Appended to Python's own module platform: this machine says that it is a Mac.

Whoever chooses binaries (pip, uv) is told the truth.
"""

import pathlib as _pathlib
import sys as _sys

if not any("pip" in _word or "get_interpreter_info" in _word for _word in getattr(_sys, "orig_argv", [])):

    def system() -> str:
        return "Darwin"

    def machine() -> str:
        return _pathlib.Path("/etc/standin-machine").read_text(encoding="ascii").strip()

    def mac_ver(*_: object) -> tuple[str, tuple[str, str, str], str]:
        return "15.1", ("", "", ""), machine()
