"""The verbs of `inv`; what they do is in rabbitry/, which is loaded when a verb runs."""

from __future__ import annotations

import sys

from invoke.context import Context

from rabbitry.environment import find
from rabbitry.verb import start, verb


@verb
def up(
    context: Context,
    env: str = "",
    inventory: str = "",
    check: bool = False,
    full: bool = False,
    verbose: bool = False,
) -> None:
    """Bring the stack up and prove that it works (--check: only say what would change)."""
    from rabbitry.up import up

    up(find(env, inventory), check=check, full=full, verbose=verbose)


@verb
def new(context: Context, what: str = "") -> None:
    """Write a commented starting inventory for an application of your own: ./inv new app NAME."""
    from rabbitry.new import new

    new(what.split())


@verb
def smoke(context: Context, env: str = "", inventory: str = "", json: bool = False, junit: str = "") -> int:
    """Ask the running stack to keep its promises, one line each; the exit code is the verdict."""
    from rabbitry.smoking import smoke

    return smoke(find(env, inventory), as_json=json, junit=junit)


@verb
def status(context: Context, env: str = "", inventory: str = "", json: bool = False) -> int | None:
    """Say what runs where, since when, how deep the queues are and who consumes."""
    from rabbitry.status import status

    return status(find(env, inventory), json)


@verb
def describe(context: Context, env: str = "", inventory: str = "", json: bool = False) -> None:
    """Write down the resolved model, the truth that the other verbs read."""
    from rabbitry.describe import describe

    describe(find(env, inventory), json)


@verb
def logs(
    context: Context,
    service: str = "",
    env: str = "",
    inventory: str = "",
    follow: bool = False,
    lines: int = 50,
) -> int:
    """Print the last log lines: ./inv logs [service] [-f]."""
    from rabbitry.logs import logs

    return logs(find(env, inventory), service, follow=follow, lines=lines)


@verb
def restart(context: Context, service: str = "", env: str = "", inventory: str = "") -> None:
    """Restart one service or all, and prove that the stack works again."""
    from rabbitry.restart import restart

    restart(find(env, inventory), service)


@verb
def down(context: Context, env: str = "", inventory: str = "") -> None:
    """Stop the stack; data stays."""
    from rabbitry.down import down

    down(find(env, inventory))


@verb
def destroy(context: Context, env: str = "", inventory: str = "", yes: bool = False) -> None:
    """Remove everything that up brought, after asking (--yes: without)."""
    from rabbitry.destroy import destroy

    destroy(find(env, inventory), yes=yes)


@verb
def fix(
    context: Context,
    name: str = "",
    env: str = "",
    inventory: str = "",
    host: str = "",
    all: bool = False,
    check: bool = False,
    yes: bool = False,
) -> int:
    """Mend what doctor named: ./inv fix SLUG (--all: what is safe, --check: only tell, --yes: do not ask)."""
    from rabbitry.fix import fix

    return fix(find(env, inventory), name, host=host, every=all, check=check, yes=yes)


@verb
def doctor(
    context: Context,
    slug: str = "",
    env: str = "",
    inventory: str = "",
    host: str = "",
    json: bool = False,
    from_: str = "",
    save: str = "",
) -> int:
    """Find every known trouble and the command that mends it: ./inv doctor [slug...] (changes nothing)."""
    from rabbitry.doctor.verb import doctor

    return doctor(find(env, inventory), slug.split(), host=host, as_json=json, source=from_, save=save)


@verb
def explain(context: Context, text: str = "", file: str = "") -> int:
    """Say which known trouble prints a pasted error or a log: ./inv explain "…" (or a file, or stdin)."""
    from rabbitry.explain import explain

    return explain(text, file)


@verb
def secrets(context: Context, name: str = "", env: str = "", inventory: str = "") -> None:
    """Print a password: ./inv secrets app; without a name, list them."""
    from rabbitry.secrets import show

    show(find(env, inventory), name)


@verb
def test(context: Context, suite: str = "", verbose: bool = False) -> int:
    """Run the tests (--suite unit, repo, flow or molecule: only that one, whole)."""
    from rabbitry.testing import test

    return test(suite, verbose)


@verb
def molecule(
    context: Context, role: str = "", scenario: str = "", platform: str = "", keep: bool = False
) -> int:
    """Run the roles' scenarios, step by step: ./inv molecule [role] (--keep: the host stays)."""
    from rabbitry.molecule import molecule

    return molecule(role, scenario, platform, keep)


@verb
def lint(context: Context) -> int:
    """Run every linter and report all that they say."""
    from rabbitry.lint import lint

    return lint()


@verb
def bench(context: Context, name: str = "provision") -> int | None:
    """Measure, side by side with a plain script: ./inv bench provision."""
    from rabbitry.bench import bench

    return bench(name)


@verb
def render(context: Context, check: bool = False) -> int:
    """Write the generated parts of the documentation anew (--check: only compare)."""
    from rabbitry.render import render

    return render(check)


if __name__ == "__main__":
    start(sys.modules[__name__])
