"""Describes a variable (type, range, form) and reads a value against it, collecting every fault."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.form import FORMS

MODEL = "inventory/group_vars/all/stack.yml"
TRUE = {"yes", "on", "true", "1", "y", "t"}
FALSE = {"no", "off", "false", "0", "n", "f"}
KINDS = {
    "str": "a text",
    "path": "a path",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
}


@dataclass(frozen=True, kw_only=True)
class Option:
    """One variable or one key of a mapping; `minimum` and `maximum` bound numbers, `form` is one of FORMS."""

    description: str
    type: str = "str"
    choices: tuple[Any, ...] = ()
    elements: Option | None = None
    options: Mapping[str, Option] | None = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    form: str = ""
    empty: bool = False
    secret: bool = False
    example: str = ""
    # Roles let Ansible turn 5 into "5"; in the model an unquoted 5.10 is a mistake (it is 5.1).
    scalars: bool = False

    @classmethod
    def from_argument_spec(cls, spec: Mapping[str, Any]) -> Option:
        """The same thing from one option of a role's meta/argument_specs.yml; ranges and forms stay open."""
        elements = spec.get("elements")
        inner = spec.get("options")
        options = {key: cls.from_argument_spec(value) for key, value in inner.items()} if inner else None
        text = spec.get("description", "")
        return cls(
            description=text if isinstance(text, str) else " ".join(str(line) for line in text),
            type=str(spec.get("type", "str")),
            choices=tuple(spec.get("choices", ())),
            elements=cls(
                description="",
                type=str(elements),
                options=options,
                empty=True,
                scalars=True,
                secret=_hides(spec),
            )
            if elements
            else None,
            options=None if elements else options,
            required=bool(spec.get("required", False)),
            empty=True,
            secret=_hides(spec),
            scalars=True,
        )


def _hides(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("no_log", False))


def read(name: str, value: Any, option: Option) -> tuple[Any, list[Fault]]:
    """The value in the option's type, and what is wrong with it; a value with a fault is None."""
    try:
        plain = convert(value, option)
    except ValueError as error:
        return None, [refuse(name, value, option, str(error))]
    if option.type == "list" and option.elements:
        pairs = [read(f"{name}[{place}]", item, option.elements) for place, item in enumerate(plain)]
        return [item for item, _ in pairs], [fault for _, found in pairs for fault in found]
    if option.type == "dict" and option.options is not None:
        return read_keys(name, plain, option.options)
    return plain, []


def read_keys(
    name: str, value: Mapping[str, Any], options: Mapping[str, Option]
) -> tuple[dict[str, Any], list[Fault]]:
    """A mapping whose keys are known: unknown and missing keys are faults, one without a value is absent."""
    found: dict[str, Any] = {}
    label = f"{name} ({value['name']})" if isinstance(value.get("name"), str) else name
    faults = [unknown(f"key `{key}` of `{label}`", str(key), options) for key in value if key not in options]
    for key, option in options.items():
        if value.get(key) is None:
            if option.required:
                hint = f"add `{key}: {option.example or '…'}` to {name}"
                faults.append(
                    Fault(f"`{label}` has no `{key}`: {option.description or KINDS[option.type]}", hint)
                )
            continue
        found[key], more = read(f"{name}.{key}", value[key], option)
        faults += more
    return found, faults


def convert(value: Any, option: Option) -> Any:
    """The value in the option's type and within its bounds, or ValueError saying what it must be."""
    kind = KINDS.get(option.type)
    if kind is None:
        plain = value
    elif option.type in ("str", "path"):
        plain = value if isinstance(value, str) else _scalar(value, option)
    elif option.type in ("list", "dict"):
        wanted = (list, tuple) if option.type == "list" else Mapping
        if not isinstance(value, wanted):
            raise ValueError(f"must be {kind}")
        plain = list(value) if option.type == "list" else dict(value)
    else:
        plain = _number_or_truth(value, option.type)
    if option.choices and plain not in option.choices:
        raise ValueError("must be " + " or ".join(f"`{choice}`" for choice in option.choices))
    if not option.empty and option.type in ("str", "path", "list") and not plain:
        raise ValueError("must not be empty")
    low, high = option.minimum, option.maximum
    if (low is not None and plain < low) or (high is not None and plain > high):
        raise ValueError(
            f"must be from {low:g} to {high:g}" if high is not None else f"must be at least {low:g}"
        )
    if option.form and not (option.empty and plain in ("", None)) and not FORMS[option.form].accepts(plain):
        raise ValueError(f"must be {FORMS[option.form].description}")
    return plain


def _scalar(value: Any, option: Option) -> str:
    if option.scalars and isinstance(value, int | float):
        return str(value)
    quoted = ", in quotes" if isinstance(value, int | float) else ""
    raise ValueError(f"must be {KINDS[option.type]}{quoted}")


def _number_or_truth(value: Any, kind: str) -> int | float | bool:
    text = str(value).strip().lower()
    if kind == "bool" and text in TRUE | FALSE:
        return text in TRUE
    if kind in ("int", "float") and not isinstance(value, bool) and isinstance(value, int | float | str):
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            pass
    raise ValueError(f"must be {KINDS[kind]}")


def refuse(name: str, value: Any, option: Option, reason: str) -> Fault:
    """The fault of one wrong value; a secret's value is not shown."""
    shown = f"is `{shorten(value)}` and "
    if option.secret:
        shown = "has a value that is not shown and "
    elif value in ("", [], None):
        shown = ""
    about = f": {option.description}" if option.description else ""
    hint = f"correct `{name.split('[')[0].split('.')[0]}`"
    if option.example:
        hint = f"write `{name.rpartition('.')[2]}: {option.example}` in {MODEL}"
    return Fault(f"`{name}` {shown}{reason}{about}", hint)


def shorten(value: Any, length: int = 60) -> str:
    """A value for a message, in one line."""
    text = str(value).replace("\n", "\\n")
    return text if len(text) <= length else text[: length - 1] + "…"


def unknown(thing: str, name: str, known: Iterable[str]) -> Fault:
    """The fault of a name that nothing reads, with the nearest known one."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    if near:
        return Fault(f"{thing} is not known: did you mean `{near[0]}`", f"rename `{name}` to `{near[0]}`")
    listed = ", ".join(names) if len(names) <= 20 else "see the role's README"
    return Fault(f"{thing} is not known", f"remove `{name}`; known: {listed}")
