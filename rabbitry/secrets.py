"""The generated and given passwords of an environment: the only module that reads secrets.json."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from rabbitry import report
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack


def read(environment: Environment) -> Mapping[str, str]:
    """Every secret by its name; StackError when the stack was never described."""
    try:
        secrets = json.loads(environment.secrets.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StackError(
            f"no secrets are known here: `{environment.secrets}` is missing", f"./inv up{environment.option}"
        ) from error
    except (OSError, ValueError) as error:
        raise StackError(
            f"`{environment.secrets}` cannot be used: {error}", f"./inv describe{environment.option}"
        ) from error
    return {str(name): str(value) for name, value in secrets.items()}


def show(environment: Environment, name: str = "") -> None:
    """Print the secret called `name`, nothing else; without a name, which there are."""
    secrets = read(environment)
    if name and name not in secrets:
        raise StackError(
            f"no secret `{name}`: there is {', '.join(f'`{known}`' for known in sorted(secrets))}",
            f"./inv secrets{environment.option}",
        )
    if name:
        report.line(secrets[name])
        return
    stack = Stack.load(environment.stack)
    accounts = (*stack.accounts.values(), *(app.account for app in stack.apps))
    users = {account.secret: account.username for account in accounts}
    rows = [
        (
            known,
            users.get(known) or known.partition("/")[2],
            f"./inv secrets {shlex.quote(known)}{environment.option}",
        )
        for known in sorted(secrets)
    ]
    report.table(rows, ("secret", "user", "print it"))
