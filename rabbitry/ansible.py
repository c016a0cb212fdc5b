"""Runs playbooks, as root on every host; their events come back while they run."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from rabbitry import access, privilege, record
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.events import Event, Result, faults, notes, parse
from rabbitry.host import run as run_here
from rabbitry.inventory import carrier, is_local, overriding, program, variables
from rabbitry.model import COMPOSE

INTERRUPTED = 130


@dataclass(frozen=True)
class Run:
    """A playbook that ended well; `changed` are the results that changed something (would, in check mode),
    `notes` what is worth knowing and stopped nothing."""

    playbook: str
    seconds: float
    changed: tuple[Result, ...]
    log: Path
    notes: tuple[Fault, ...] = ()


def run(
    playbook: str,
    environment: Environment,
    *,
    listen: Callable[[Event], None] = lambda event: None,
    check: bool = False,
    extra: Mapping[str, object] | None = None,
    all_or_none: bool = True,
    only: str = "",
) -> Run:
    """Run playbooks/<playbook>.yml; StackError with every fault when a host fails or cannot be reached.

    A `playbook` with a folder in it is one elsewhere in the repository. A password is asked for where one is
    needed. Without `all_or_none`, hosts that cannot be entered are left out; `only` is a single host to take.
    """
    secret, hosts = _entered(environment, "up" if playbook == "site" else playbook, all_or_none)
    hosts = [only] if only else hosts
    return _play(playbook, environment, listen=listen, check=check, extra=extra, secret=secret, hosts=hosts)


def enter(environment: Environment, hosts: Sequence[str]) -> None:
    """Become root on remote hosts now, before anything moves on the terminal where a password is asked."""
    doors = access.enter(environment, _looking(environment), all_or_none=False)
    if faults := [doors.faults[name] for name in hosts if name in doors.faults]:
        raise StackError.of(faults)


def _entered(environment: Environment, verb: str, all_or_none: bool = True) -> tuple[str | None, list[str]]:
    """The password that makes us root, and the hosts to work on when these are not all."""
    if carrier(environment) == COMPOSE:
        return None, []
    if is_local(environment):
        return privilege.password(verb), []
    doors = access.enter(environment, _looking(environment), all_or_none=all_or_none)
    return doors.secret, doors.entered if doors.faults else []


def _looking(environment: Environment) -> Callable[[str | None], object]:
    return lambda secret: _play("access", environment, secret=secret)


def _play(
    playbook: str,
    environment: Environment,
    *,
    listen: Callable[[Event], None] = lambda event: None,
    check: bool = False,
    extra: Mapping[str, object] | None = None,
    secret: str | None = None,
    hosts: Sequence[str] = (),
) -> Run:
    """Everything that Ansible prints goes to a file in the environment's log directory."""
    argv = [program("ansible-playbook"), f"--inventory={environment.inventory}"]
    argv += ["--check", "--diff"] if check else ["--diff"]
    extra = {**overriding(environment), **(extra or {})}
    argv += ["--extra-vars", json.dumps(extra)] if extra else []
    argv += [f"--limit={','.join(hosts)}"] if hosts else []
    if secret is not None:
        argv.append("--become-password-file=-")
    folder = environment.root if "/" in playbook else environment.root / "playbooks"
    argv.append(str(folder / f"{playbook}.yml"))
    results: list[Result] = []
    began = time.monotonic()
    with (
        record.new(environment, playbook.replace("/", "-")) as log,
        log.open("w", encoding="utf-8") as stream,
    ):
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
            f"{program('ansible-inventory')} -i {environment.inventory} --graph",
        )
    changed = tuple(result for result in results if result.status == "changed")
    return Run(playbook, time.monotonic() - began, changed, log, tuple(notes(results)))


def ask(environment: Environment, host: str, argv: Sequence[str]) -> str:
    """What a read-only command prints on one host of the environment, run there as root."""
    return _act(environment, host, "ansible.builtin.command", {"argv": list(argv)}, argv[0])


def restart(environment: Environment, host: str, service: str) -> None:
    """Restart one service on one host as `up` would, and wait until it is ready."""
    arguments = {"names": [service], "state": "restarted"}
    _act(environment, host, "rabbitry.stack.services", arguments, f"restart {service}")


def _act(environment: Environment, host: str, module: str, arguments: Mapping[str, object], what: str) -> str:
    """Run one module on one host; what it printed. StackError names `what` failed."""
    enter(environment, [host])
    secret = access.secret(environment)
    answer = run_here(
        [
            program("ansible"),
            f"--inventory={environment.inventory}",
            *(["--become-password-file=-"] if secret is not None else []),
            *(host, "--become", f"--module-name={module}"),
            *("--args", json.dumps(dict(arguments))),
        ],
        stdin=secret or "",
        environment=variables(environment),
    )
    head, _, output = answer.output.partition("\n")
    if answer.code:
        raise StackError(
            f"`{what}` failed on {host}: {head}",
            f"./inv status{environment.option}",
            output.splitlines()[-10:],
        )
    return output


def _start(
    argv: Sequence[str], environment: Environment, log: IO[str], secret: str | None
) -> tuple[subprocess.Popen[str], IO[str]]:
    """Start Ansible: the password goes in by standard input, the events come out of a pipe of their own."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        argv,
        cwd=environment.root,
        env={**variables(environment), "RABBITRY_EVENTS": f"/dev/fd/{writer}"},
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
