"""The verb `render`: the tables of variables in the roles' READMEs, and the index of known troubles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rabbitry import report
from rabbitry.entries import FOLDER, entries
from rabbitry.environment import ROOT
from rabbitry.errors import StackError
from rabbitry.index import PAGE, index

START, END = "<!-- spec:start -->", "<!-- spec:end -->"
HEAD = "| Variable | Type | Default | What it is |\n| --- | --- | --- | --- |"


def render(check: bool = False, root: Path = ROOT) -> int:
    """Bring every README up to date; with `check` only tell which are not, and return 1 when there is one."""
    texts = outdated(root)
    for path, text in texts.items():
        if not check:
            path.write_text(text, encoding="utf-8")
        report.line(f"{'outdated' if check else 'written'}: {path.relative_to(root)}")
    return 1 if check and texts else 0


def outdated(root: Path = ROOT) -> dict[Path, str]:
    """Map each page that does not match what it is made of to what it should be."""
    readmes = sorted(path.parents[1] / "README.md" for path in root.glob("roles/*/meta/argument_specs.yml"))
    wanted = {path: _rendered(path) for path in readmes}
    if (root / FOLDER).is_dir():
        wanted[root / PAGE] = index(entries(root))
    return {
        path: text for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text
    }


def block(options: Mapping[str, Mapping[str, Any]]) -> str:
    """The table of a role's variables, in its spec's order; options of a list's items below their list."""
    return "\n".join([HEAD, *_rows(options, "")])


def _rendered(readme: Path) -> str:
    name = readme.parent.name
    if not readme.exists() or not {START, END} <= set(readme.read_text(encoding="utf-8").splitlines()):
        raise StackError(
            f"`{readme}` has no lines `{START}` and `{END}`",
            f"printf '# {name}\\n\\n{START}\\n{END}\\n' >{readme}",
        )
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    specs = yaml.safe_load((readme.parent / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = specs["argument_specs"]["main"].get("options", {})
    return f"{before}{START}\n{block(options)}\n{END}{after}"


def _rows(options: Mapping[str, Mapping[str, Any]], above: str) -> list[str]:
    rows = []
    for name, option in options.items():
        kind = option.get("type", "str")
        if elements := option.get("elements"):
            kind = f"{kind} of {elements}"
        shown = f"{above}`{name}`"
        rows.append(f"| {shown} | {kind} | {_default(option)} | {_meaning(option)} |")
        rows += _rows(option.get("options", {}), f"{shown} / ")
    return rows


def _default(option: Mapping[str, Any]) -> str:
    if option.get("required"):
        return "required"
    if "default" not in option:
        return ""
    text = (
        yaml.safe_dump(option["default"], default_flow_style=True, width=10_000).removesuffix("...\n").strip()
    )
    return "`" + text.replace("|", "\\|") + "`"


def _meaning(option: Mapping[str, Any]) -> str:
    described = option.get("description", "")
    text = described if isinstance(described, str) else " ".join(described)
    if choices := option.get("choices"):
        text += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    return " ".join(text.split()).replace("|", "\\|")
