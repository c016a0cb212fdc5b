"""The script `inv` on a copy of the checkout, with a stand-in for Python that notes what it was asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "id", "cksum", "readlink", "cat", "sed", "mkdir", "rm", "ln", "cp", "apt-get")

# Answers as Python would; `-m venv …` leaves itself and a uv behind, everything is noted in $NOTES.
PYTHON = f"""#!/bin/sh
case "$*" in
  *version_info*) exit "${{TOO_OLD:-0}}" ;;
  *ensurepip*) echo carried/pip; exit "${{NO_VENV:-0}}" ;;
  *fcntl*) exec {sys.executable} "$@" ;;
  "-m venv --without-pip .venv")
    echo "venv" >>"$NOTES"
    [ -z "${{GATE-}}" ] || cat "$GATE" >/dev/null
    mkdir -p .venv/bin && cp "$0" .venv/bin/python && cp "$0" .venv/bin/uv ;;
  "carried/pip"*) echo "pip $*" >>"$NOTES"; exit "${{PIP_FAILS:-0}}" ;;
  "-q pip install"*)
    echo "uv index=${{UV_DEFAULT_INDEX-}} ca=${{SSL_CERT_FILE-}} $*" >>"$NOTES"
    exit "${{UV_FAILS:-0}}" ;;
  *) echo "verb ${{*##*/}}" ;;
esac
"""


class Checkout:
    """A copy of what `inv` needs, and a PATH that has nothing but the tools that it may use."""

    def __init__(self, root: Path, bin: Path) -> None:
        self.root, self.bin, self.notes = root, bin, root.parent / "notes"
        (root / ".config").mkdir(parents=True)
        shutil.copy(ROOT / "inv", root)
        for name in ("requirements-run.txt", "requirements-dev.txt"):
            shutil.copy(ROOT / ".config" / name, root / ".config")
        bin.mkdir()
        for tool in TOOLS:
            (bin / tool).symlink_to(shutil.which(tool) or "/bin/true")
        self.give("python3", PYTHON)

    def give(self, name: str, text: str) -> None:
        """Put a program on the PATH."""
        (self.bin / name).write_text(text, encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        environment = {"PATH": str(self.bin), "NOTES": str(self.notes), **variables}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [self.root / "inv", *words], env=environment, cwd="/", stdout=pipe, stderr=pipe, encoding="utf-8"
        )

    def run(self, *words: str, **variables: str) -> tuple[int, str, str]:
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=30)
        return process.returncode, out.strip(), err.strip()

    def noted(self) -> list[str]:
        """What was done since it was last asked."""
        text = self.notes.read_text(encoding="utf-8") if self.notes.exists() else ""
        self.notes.unlink(missing_ok=True)
        return text.splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "my checkout", tmp_path / "bin")


def test_nobody_else_may_write_what_root_runs_later(checkout: Checkout) -> None:
    environment = {"PATH": str(checkout.bin), "NOTES": str(checkout.notes)}
    subprocess.run([checkout.root / "inv", "up"], env=environment, umask=0, check=True, capture_output=True)
    made = [checkout.root / ".venv", checkout.root / ".venv/bin/uv", checkout.root / ".venv/run.stamp"]
    assert [path for path in made if path.stat().st_mode & 0o022] == []


def test_the_first_run_prepares_and_the_second_is_silent(
    checkout: Checkout, record_property: Callable[[str, object], None]
) -> None:
    code, out, err = checkout.run("up", "--check")
    assert (code, out, err) == (0, "verb tasks.py up --check", f"Preparing {checkout.root}/.venv, once")
    kinds = [note.split()[0] for note in checkout.noted()]
    assert kinds == ["venv", "pip", "uv"]
    began = time.monotonic()
    assert checkout.run("up") == (0, "verb tasks.py up", "")
    record_property("seconds of inv itself when nothing is to do", round(time.monotonic() - began, 3))
    assert checkout.noted() == []


def test_only_the_pinned_uv_with_its_hashes_is_fetched_first(checkout: Checkout) -> None:
    checkout.run()
    lines = (checkout.root / ".venv" / "uv.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("uv==") and all("--hash=sha256:" in line for line in lines[1:-1])
    assert "--require-hashes --only-binary :all:" in checkout.noted()[1]


def test_without_a_verb_the_verbs_are_listed(checkout: Checkout) -> None:
    assert checkout.run()[1] == "verb tasks.py --list"


def test_the_collection_is_linked(checkout: Checkout) -> None:
    checkout.run()
    link = checkout.root / ".ansible" / "collections" / "ansible_collections" / "rabbitry" / "stack"
    assert link.resolve() == checkout.root.resolve()
    link.unlink()
    checkout.run()
    assert link.resolve() == checkout.root.resolve()


def test_developers_tools_come_on_top_when_asked_for(checkout: Checkout) -> None:
    checkout.run("up")
    checkout.noted()
    checkout.run("lint")
    (uv,) = checkout.noted()
    assert "-r .config/requirements-run.txt -r .config/requirements-dev.txt" in uv
    for verb in ("up", "test", "lint"):
        checkout.run(verb)
    assert checkout.noted() == []


@pytest.mark.parametrize("change", ["lock", "place", "script"])
def test_what_the_environment_was_made_from_is_remembered(
    checkout: Checkout, change: str, tmp_path: Path
) -> None:
    checkout.run()
    checkout.noted()
    if change == "place":
        checkout.root = checkout.root.rename(tmp_path / "moved")
    else:
        path = checkout.root / {"lock": ".config/requirements-run.txt", "script": "inv"}[change]
        path.write_text(path.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    assert checkout.run()[0] == 0
    assert [note.split()[0] for note in checkout.noted()] == ["venv", "pip", "uv"]


@pytest.mark.parametrize("step", ["PIP_FAILS", "UV_FAILS"])
def test_an_interrupted_first_run_is_repaired_by_the_next(checkout: Checkout, step: str) -> None:
    code, out, err = checkout.run(**{step: "1"})
    assert (code, out) == (1, "")
    assert "error: the packages of .venv could not be fetched\n\nhint: PIP_CERT=" in err
    checkout.noted()
    assert checkout.run()[0] == 0
    assert [note.split()[0] for note in checkout.noted()] == ["venv", "pip", "uv"]


def test_two_at_once_prepare_once(checkout: Checkout, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    first = checkout.start("up", GATE=str(gate))
    with gate.open("w", encoding="utf-8"):  # opens when the first one is at work
        second = checkout.start("up", GATE=str(gate))
    assert [process.communicate(timeout=30)[0] for process in (first, second)] == ["verb tasks.py up\n"] * 2
    assert [note.split()[0] for note in checkout.noted()] == ["venv", "pip", "uv"]


def test_a_python_without_venv_is_answered_with_the_package(checkout: Checkout) -> None:
    code, out, err = checkout.run(NO_VENV="1")
    sudo = "" if os.geteuid() == 0 else "sudo "
    assert (code, out) == (1, "")
    assert err == (
        "error: `python3` cannot make an environment: its module venv or ensurepip is missing\n\n"
        f"hint: {sudo}apt-get install python3-venv"
    )
    assert not (checkout.root / ".venv").exists()


@pytest.mark.parametrize("why", ["absent", "too old"])
def test_no_python_is_answered_with_the_package(checkout: Checkout, why: str) -> None:
    if why == "absent":
        (checkout.bin / "python3").unlink()
    code, _, err = checkout.run(**({"TOO_OLD": "1"} if why == "too old" else {}))
    assert code == 1
    assert err.startswith("error: no Python 3.11 or newer was found\n\nhint: ")


def test_a_shim_that_does_not_run_is_passed_over(checkout: Checkout) -> None:
    checkout.give("python3", "#!/bin/sh\necho 'pyenv: python3: command not found' >&2; exit 127\n")
    checkout.give("python3.12", PYTHON)
    assert checkout.run("up")[:2] == (0, "verb tasks.py up")


def test_a_company_has_its_certificates_and_index(checkout: Checkout, tmp_path: Path) -> None:
    certificates = tmp_path / "ca.crt"
    certificates.touch()
    checkout.run(PIP_CERT=str(certificates), PIP_INDEX_URL="https://index.example.org/simple")
    assert f"uv index=https://index.example.org/simple ca={certificates} " in checkout.noted()[2]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_checkout_of_somebody_else_is_refused(checkout: Checkout) -> None:
    checkout.root.chmod(0o555)
    code, _, err = checkout.run()
    checkout.root.chmod(0o755)
    assert code == 1 and err.startswith(f"error: `{checkout.root}` cannot be written by ")
