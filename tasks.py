"""The verbs of `inv`; what they do is in rabbitry/, which is loaded when a verb runs."""

from __future__ import annotations

import sys

from invoke.context import Context

from rabbitry.developing import bench as bench
from rabbitry.developing import lint as lint
from rabbitry.developing import molecule as molecule
from rabbitry.developing import render as render
from rabbitry.developing import test as test
from rabbitry.environment import Environment
from rabbitry.keeping import backup as backup
from rabbitry.keeping import nodes as nodes
from rabbitry.keeping import rebuild as rebuild
from rabbitry.keeping import reset as reset
from rabbitry.keeping import restore as restore
from rabbitry.keeping import topology as topology
from rabbitry.verb import on_stack, start, verb


@on_stack
def up(
    environment: Environment,
    check: bool = False,
    full: bool = False,
    verbose: bool = False,
    watch: bool = False,
    limit: str = "",
) -> None:
    """Bring the stack up and prove that it works (--check: only tell what differs, --limit: only there).

    --on compose: in containers; --watch: with the code mounted, restarted when it changes.
    """
    from rabbitry.up import up

    up(environment, check=check, full=full, verbose=verbose, watch=watch, limit=limit)


@verb
def new(context: Context, what: str = "") -> None:
    """Write a commented starting inventory for an application of your own: ./inv new app NAME."""
    from rabbitry.new import new

    new(what.split())


@on_stack
def images(environment: Environment, force: bool = False) -> None:
    """Build every image of compose/compose.yaml from Debian's packages, where no registry answers."""
    from rabbitry.images import images

    images(environment, force=force)


@on_stack
def smoke(environment: Environment, json: bool = False, junit: str = "") -> int:
    """Ask the running stack to keep its promises, one line each; the exit code is the verdict."""
    from rabbitry.smoking import smoke

    return smoke(environment, as_json=json, junit=junit)


@on_stack
def status(environment: Environment, json: bool = False) -> int | None:
    """Say what runs where, since when, how deep the queues are and who consumes."""
    from rabbitry.status import status

    return status(environment, json)


@on_stack
def describe(environment: Environment, json: bool = False) -> None:
    """Write down the resolved model, the truth that the other verbs read."""
    from rabbitry.describe import describe

    describe(environment, json)


@on_stack
def logs(environment: Environment, service: str = "", follow: bool = False, lines: int = 50) -> int:
    """Print the last log lines: ./inv logs [service] [-f]."""
    from rabbitry.logs import logs

    return logs(environment, service, follow=follow, lines=lines)


@on_stack
def restart(environment: Environment, service: str = "") -> None:
    """Restart one service or all, and prove that the stack works again."""
    from rabbitry.restart import restart

    restart(environment, service)


@on_stack
def deploy(environment: Environment, app: str = "", list: bool = False) -> None:
    """Put an application's source in use and lose no task: ./inv deploy [APP] (--list: what was in use)."""
    from rabbitry.deploy import deploy

    deploy(environment, app, history=list)


@on_stack
def rollback(environment: Environment, app: str = "", to: str = "", list: bool = False) -> None:
    """Put the release from before in use again, or the one called --to: ./inv rollback [APP] (--list)."""
    from rabbitry.rollback import rollback

    rollback(environment, app, to=to, history=list)


@on_stack
def down(environment: Environment) -> None:
    """Stop the stack; data stays."""
    from rabbitry.down import down

    down(environment)


@on_stack
def destroy(environment: Environment, yes: bool = False) -> None:
    """Remove everything that up brought, after asking (--yes: without)."""
    from rabbitry.destroy import destroy

    destroy(environment, yes=yes)


@on_stack
def fix(
    environment: Environment,
    name: str = "",
    host: str = "",
    all: bool = False,
    check: bool = False,
    yes: bool = False,
) -> int:
    """Mend what doctor named: ./inv fix SLUG (--all: what is safe, --check: only tell, --yes: do not ask)."""
    from rabbitry.fix import fix

    return fix(environment, name, host=host, every=all, check=check, yes=yes)


@on_stack
def doctor(
    environment: Environment,
    slug: str = "",
    host: str = "",
    json: bool = False,
    from_: str = "",
    save: str = "",
) -> int:
    """Find every known trouble and the command that mends it: ./inv doctor [slug...] (changes nothing)."""
    from rabbitry.doctor.verb import doctor

    return doctor(environment, slug.split(), host=host, as_json=json, source=from_, save=save)


@verb
def explain(context: Context, text: str = "", file: str = "") -> int:
    """Say which known trouble prints a pasted error or a log: ./inv explain "…" (or a file, or stdin)."""
    from rabbitry.explain import explain

    return explain(text, file)


@on_stack
def secrets(environment: Environment, name: str = "") -> None:
    """Print a password: ./inv secrets app; without a name, list them."""
    from rabbitry.secrets import show

    show(environment, name)


if __name__ == "__main__":
    start(sys.modules[__name__])
