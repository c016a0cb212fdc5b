"""The verbs of `inv` for those who work on it; the others are in tasks.py."""

from __future__ import annotations

from invoke.context import Context

from rabbitry.verb import verb


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
