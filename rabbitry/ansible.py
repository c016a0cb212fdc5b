"""The only module that starts Ansible: a playbook runs, its events come back while it does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from rabbitry import privilege, record
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.events import Event, Result, faults, parse
from rabbitry.host import tools
from rabbitry.model import Stack

INTERRUPTED = 130


@dataclass(frozen=True)
class Run:
    """A playbook that ended well; `changed` are the results that changed something (would, in check mode)."""

    playbook: str
    seconds: float
    changed: tuple[Result, ...]
    log: Path


def run(
    playbook: str,
    environment: Environment,
    *,
    listen: Callable[[Event], None] = lambda event: None,
    check: bool = False,
    variables: Mapping[str, object] | None = None,
) -> Run:
    """Run playbooks/<playbook>.yml; StackError with every fault when a host fails or cannot be reached.

    Everything that Ansible prints goes to a file in the environment's log directory.
    """
    argv = [_program("ansible-playbook"), f"--inventory={environment.inventory}"]
    argv += ["--check", "--diff"] if check else ["--diff"]
    argv += ["--extra-vars", json.dumps(dict(variables))] if variables else []
    secret = privilege.password("up" if playbook == "site" else playbook) if is_local(environment) else None
    if secret is not None:
        argv.append("--become-password-file=-")
    argv.append(str(environment.root / "playbooks" / f"{playbook}.yml"))
    results: list[Result] = []
    began = time.monotonic()
    with record.new(environment, playbook) as log, log.open("w", encoding="utf-8") as stream:
        process, events = _start(argv, environment, stream, secret)
        try:
            with events:
                for line in events:
                    if event := parse(line):
                        results += [event] if isinstance(event, Result) else []
                        listen(event)
            code = process.wait()
        except BaseException as error:
            _end(process)
            if isinstance(error, KeyboardInterrupt):
                raise StackError("interrupted", f"less {log}", exit_code=INTERRUPTED) from error
            raise
    if code:
        wrong = faults(results) or [_unexplained(playbook, code, log)]
        raise StackError.of(replace(fault, hint=fault.hint or f"less {log}") for fault in wrong)
    if not results:
        raise StackError(
            f"`{environment.inventory}` has no host for the playbook `{playbook}`",
            f"{_program('ansible-inventory')} -i {environment.inventory} --graph",
        )
    changed = tuple(result for result in results if result.status == "changed")
    return Run(playbook, time.monotonic() - began, changed, log)


def is_local(environment: Environment) -> bool:
    """Whether every host is this machine, so that this user's sudo password is the one that Ansible needs."""
    if environment.stack.exists():
        return Stack.load(environment.stack).is_local
    argv = [_program("ansible-inventory"), f"--inventory={environment.inventory}", "--list"]
    done = subprocess.run(argv, env=_variables(environment), capture_output=True, encoding="utf-8")
    if done.returncode:
        raise StackError(
            f"`{environment.inventory}` is not an inventory",
            f"{argv[0]} -i {environment.inventory} --list",
            done.stderr.splitlines()[-10:],
        )
    hosts = json.loads(done.stdout)["_meta"]["hostvars"].values()
    return all(facts.get("ansible_connection") == "local" for facts in hosts)


def ask(environment: Environment, host: str, argv: Sequence[str]) -> str:
    """What a read-only command prints on one host of the environment, run there as root."""
    module = [host, "--become", "--module-name=ansible.builtin.command"]
    done = subprocess.run(
        [
            _program("ansible"),
            f"--inventory={environment.inventory}",
            *module,
            "--args",
            json.dumps({"argv": list(argv)}),
        ],
        env=_variables(environment),
        capture_output=True,
        encoding="utf-8",
    )
    head, _, output = done.stdout.partition("\n")
    if done.returncode:
        raise StackError(
            f"`{argv[0]}` failed on {host}: {head}", f"ssh {host} true", output.splitlines()[-10:]
        )
    return output


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _variables(environment: Environment) -> dict[str, str]:
    return {
        **os.environ,
        **tools(),
        "ANSIBLE_CONFIG": str(environment.root / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "RABBITRY_ENV": environment.name,
        "RABBITRY_STATE": str(environment.state),
    }


def _start(
    argv: Sequence[str], environment: Environment, log: IO[str], secret: str | None
) -> tuple[subprocess.Popen[str], IO[str]]:
    """Start Ansible: the password goes in by standard input, the events come out of a pipe of their own."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        argv,
        cwd=environment.root,
        env={**_variables(environment), "RABBITRY_EVENTS": f"/dev/fd/{writer}"},
        pass_fds=[writer],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    os.close(writer)
    assert process.stdin is not None
    with process.stdin:
        process.stdin.write(secret or "")
    return process, os.fdopen(reader, encoding="utf-8")


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _unexplained(playbook: str, code: int, log: Path) -> Fault:
    """Ansible gave up before any task failed: a syntax error, an unreadable inventory, a killed process."""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return Fault(f"the playbook `{playbook}` ended with status {code}", "", tuple(lines[-15:]))
