"""Starts and stops formulae by `brew services`, which writes and deletes their property lists itself."""

from __future__ import annotations

import subprocess

from ansible_collections.rabbitry.stack.plugins.module_utils import brew, launchctl, processes
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import CONTROL, InvalidService

# Programs that a formula's daemon starts beside itself and leaves behind, and what still needs them.
LEFT_BEHIND = {"rabbitmq": ("epmd", "beam.smp")}


def environment_path(service: Service) -> str:
    """The file from which `brew services` takes further variables of a formula."""
    return f"{HERE.user_home}/.homebrew/services/{service.formula}.env"


def files(service: Service) -> dict[str, str]:
    """The files that change how a formula runs: none, or its variables. Raises InvalidService.

    Its property list is rewritten by brew at each start, so command, account, directory, restarts and limits
    are the formula's own.
    """
    for key, value in service.environment.items():
        if CONTROL.search(value):
            raise InvalidService(service.name, f"`environment.{key}` of a formula must be one plain line")
    lines = [f"{key}={value}\n" for key, value in service.environment.items()]
    return {environment_path(service): "".join(lines)} if lines else {}


def start(service: Service) -> None:
    """Start a formula that is not loaded. Raises SupervisorError."""
    _services("start", service)


def stop(service: Service) -> None:
    """Stop a formula, delete its property list, and end what it leaves behind. Raises SupervisorError."""
    _services("stop", service)
    end_leftovers(service)


def end_leftovers(service: Service) -> None:
    """End what the stopped daemon had started beside itself, unless another one needs it."""
    name, user = LEFT_BEHIND.get(service.formula, ("", ""))
    if not name:
        return
    found = [one for one in processes.running() if one.name in (name, user)]
    if any(one.name == user for one in found):
        return
    for one in found:
        try:
            processes.end(one)
        except (TimeoutError, PermissionError) as error:
            raise SupervisorError(f"`{name}` stays behind: {error}", f"kill {one.pid}") from None


def _services(verb: str, service: Service) -> None:
    words = ["services", verb, service.formula]
    hint = f"brew services info {service.formula}"
    try:
        done = brew.run(*words, domain=launchctl.domains()[0], seconds=service.stop_timeout + 120)
    except OSError as error:
        raise SupervisorError(
            f"Homebrew is not at `{HERE.prefix}`: {error.strerror}", "brew doctor"
        ) from None
    except subprocess.TimeoutExpired as slow:
        raise SupervisorError(
            f"`brew {' '.join(words)}` does not end within {slow.timeout:g} s", hint
        ) from None
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith("Error")), lines[-1] if lines else "")
        raise SupervisorError(f"`brew {' '.join(words)}` failed: {said.removeprefix('Error: ')}", hint)
