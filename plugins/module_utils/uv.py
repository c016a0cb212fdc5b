"""Finds or makes the uv that builds virtual environments, and runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.deployment_error import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE, is_darwin
from ansible_collections.rabbitry.stack.plugins.module_utils.masking import masked

OLDEST = (3, 11)
DEADLINE = 600
# Before what uv could not solve.
CROSS = "\N{MULTIPLICATION SIGN}"

# What a failed run prints, and the way out; the first that is found is shown.
HINTS = (
    (r"ensurepip|No module named venv", "apt-get install --yes python3-venv"),
    (
        r"certificate|UnknownIssuer|SSLError",
        "set celery_app_ca_file to the file of your certificate authority",
    ),
    (
        r"No solution found|unsatisfiable|conflict",
        "widen what the application requires, or choose another celery_app_set",
    ),
    (
        r"hash",
        "the package index serves other files than those locked: name one that serves the originals",
    ),
    (r"No space left", "df -h /opt"),
    (r"Failed to fetch|dns error|connect|timed out", "env | grep -i -E 'proxy|uv_|pip_'"),
)


@dataclass(frozen=True)
class Uv:
    """A uv program and the environment that it runs in."""

    path: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str) -> str:
        """Run `uv words…`; returns what it printed. Raises DeploymentError with its last lines."""
        return run([self.path, *words], self.environment, f"uv {' '.join(words[:2])}")


def environment(ca_file: str, index: str = "") -> dict[str, str]:
    """The caller's environment, in which uv and pip trust `ca_file`, or else what the system trusts.

    Packages come from `index`, or else from where pip of this account takes them.
    """
    found = {
        name: value
        for name, value in os.environ.items()
        if name not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    }
    found |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_SYSTEM_CERTS": "1", "NO_COLOR": "1"}
    found |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "LC_ALL": "C.UTF-8"}
    if ca_file:
        found |= {"SSL_CERT_FILE": ca_file, "PIP_CERT": ca_file}
    index = index or found.get("UV_DEFAULT_INDEX") or found.get("PIP_INDEX_URL", "")
    if index:
        found |= {"UV_DEFAULT_INDEX": index, "PIP_INDEX_URL": index}
    return found


def run(words: list[str], environment: Mapping[str, str], name: str) -> str:
    """Run a program in `/`, so that no project's configuration is met; DeploymentError when it fails."""
    try:
        done = subprocess.run(
            words,
            env=dict(environment),
            cwd="/",
            text=True,
            capture_output=True,
            timeout=DEADLINE,
            check=False,
            umask=0o022,
        )
    except subprocess.TimeoutExpired as error:
        raise DeploymentError(f"`{name}` did not end within {DEADLINE} s") from error
    except OSError as error:
        raise DeploymentError(f"`{words[0]}` cannot be run: {error.strerror}") from error
    if done.returncode:
        said_of_it = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        lines: list[str] = masked(said_of_it, [environment.get("UV_DEFAULT_INDEX", "")])
        text = "\n".join(lines)
        hint = next((hint for pattern, hint in HINTS if re.search(pattern, text, re.IGNORECASE)), "")
        errors = [
            line.strip(f"{CROSS} ") for line in lines if line.strip().lower().startswith(("error", CROSS))
        ]
        said = errors[0] if errors else f"status {done.returncode}"
        raise DeploymentError(f"`{name}` failed: {said}", hint, lines[-20:])
    return done.stdout


def find_python(wanted: str) -> tuple[str, str]:
    """Return (path, "3.13") of the interpreter for the environment: `wanted`, or the system's, or this one.

    `wanted` is a path, or a version like 3.12. Raises DeploymentError when there is none of at least 3.11.
    """
    own = getattr(sys, "_base_executable", sys.executable)
    # Apple's is too old, and may be but an offer to install it, as a window.
    candidates = of_version(wanted) if wanted else [own] if is_darwin() else ["/usr/bin/python3", own]
    seen = []
    for path in candidates:
        version = python_version(path)
        if version >= OLDEST:
            return path, ".".join(map(str, version))
        seen.append(f"`{path}` is {'.'.join(map(str, version))}" if version else f"`{path}` cannot be run")
    needed = ".".join(map(str, OLDEST))
    raise DeploymentError(
        f"no Python of at least {needed}: {', '.join(seen)}", "set celery_app_python to the path of one"
    )


def of_version(wanted: str) -> list[str]:
    """Where an interpreter of the version may be, the system's first; what is no version is a path itself."""
    if not re.fullmatch(r"3\.\d+", wanted):
        return [wanted]
    name = f"python{wanted}"
    places = [f"{HERE.prefix}/bin"] if HERE.prefix else ["/usr/bin", "/usr/local/bin"]
    found = [f"{place}/{name}" for place in places if os.access(f"{place}/{name}", os.X_OK)]
    return found[:1] or [shutil.which(name) or f"{places[0]}/{name}"]


def python_version(path: str) -> tuple[int, ...]:
    if path == sys.executable:
        return sys.version_info[:2]
    try:
        done = subprocess.run(
            [path, "-ISc", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(int(part) for part in done.stdout.split())


def find_uv(wanted: str, home: Path) -> str:
    """Return the path of `wanted`, else of the uv on PATH, else of the one under `home`; "" for none."""
    if wanted:
        if not os.access(wanted, os.X_OK):
            raise DeploymentError(
                f"celery_app_uv is `{wanted}`, which is no program on this host", "command -v uv"
            )
        return wanted
    own = home / "uv" / "bin" / "uv"
    return shutil.which("uv") or (str(own) if os.access(own, os.X_OK) else "")


def make_uv(home: Path, python: str, lock: str, environment: Mapping[str, str]) -> str:
    """Install the uv that `lock` pins into `<home>/uv` by Python's own venv and pip; returns its path."""
    target = home / "uv"
    fresh = home / f".uv.{os.getpid()}"
    try:
        run([python, "-m", "venv", str(fresh)], environment, f"{python} -m venv")
        requirements = fresh / "uv.lock.txt"
        requirements.write_text(lock, encoding="utf-8")
        pip = [
            str(fresh / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--no-deps",
        ]
        run([*pip, "--requirement", str(requirements)], environment, "pip install uv")
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return str(target / "bin" / "uv")
