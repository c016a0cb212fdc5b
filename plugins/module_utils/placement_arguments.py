"""The arguments of the module `place`."""

from __future__ import annotations


def _list(**options: object) -> dict[str, object]:
    return {"type": "list", "elements": "dict", "default": [], "options": options}


def _arguments() -> dict[str, object]:
    """The argument specification, as the module's DOCUMENTATION tells it."""
    text: dict[str, object] = {"type": "str", "required": True}
    texts: dict[str, object] = {"type": "list", "elements": "str", "default": []}
    root = {"user": {"type": "str", "default": "root"}, "group": {"type": "str", "default": "root"}}
    file = {"path": text, "mode": {"type": "str", "default": "0644"}, **root}
    user = {
        "home": {"type": "str", "default": "/nonexistent"},
        "shell": {"type": "str", "default": "/usr/sbin/nologin"},
        "comment": {"type": "str", "default": ""},
    }
    name: dict[str, object] = {"type": "str", "default": ""}
    modes = ("directory_mode", "file_mode", "directory_least", "file_least")
    standard = {"user": name, "group": name, "also": texts, **{key: {"type": "str"} for key in modes}}
    limits = {"guarded": {"type": "bool", "default": True}, "depth": {"type": "int"}}
    return {
        "owner": text,
        "groups": _list(name=text),
        "users": _list(name=text, group=text, groups=texts, **user),
        "directories": _list(path=text, mode={"type": "str", "default": "0755"}, **root),
        "files": _list(content={"type": "raw", "required": True}, **file),
        "secret_files": _list(content={"type": "raw", "required": True, "no_log": True}, **file),
        "links": _list(path=text, target=text),
        "absent": texts,
        "trees": _list(path=text, rules=_list(name=text, **standard), **standard, **limits),
    }


ARGUMENTS = _arguments()
