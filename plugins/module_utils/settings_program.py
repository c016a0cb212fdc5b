"""Which settings of an application Celery does not heed: asked in its interpreter, by Celery's own tables."""

from __future__ import annotations

# Defines `ignored_settings(app)` and `old_settings()` for programs that run in the application's interpreter.
SETTINGS = '''
import ast, os, sys

# What reads a name of its own beside Celery's: celery_once has `ONCE`.
COMPANIONS = {"ONCE"}


def old_names():
    """Celery's old names of settings, each with its new one."""
    from celery.app.defaults import _TO_NEW_KEY
    return _TO_NEW_KEY


def given_in(names):
    """Where names are given: {name: "shop/settings.py:12"} among the application's files that were loaded.

    Given is an assignment, an attribute that is set, an argument's name or a key.
    """
    found, here = {}, os.getcwd() + os.sep
    for module in list(sys.modules.values()):
        path = os.path.realpath(getattr(module, "__file__", None) or "")
        if not path.startswith(os.path.realpath(here)) or not path.endswith(".py"):
            continue
        try:
            with open(path, encoding="utf-8") as stream:
                nodes = list(ast.walk(ast.parse(stream.read())))
        except (OSError, SyntaxError, ValueError):
            continue
        for node in nodes:
            given = []
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                given = [(node.id, node.lineno)]
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                given = [(node.attr, node.lineno)]
            elif isinstance(node, ast.keyword):
                given = [(node.arg, node.value.lineno)]
            elif isinstance(node, ast.Dict):
                given = [(k.value, k.lineno) for k in node.keys if isinstance(k, ast.Constant)]
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                given = [(node.slice.value, node.lineno)] if isinstance(node.slice, ast.Constant) else []
            for name, line in given:
                if name in names:
                    found[name] = os.path.relpath(path, os.path.realpath(here)) + ":" + str(line)
    return found


def old_settings():
    """Old names in the application's files, for when Celery refuses them: [{"name", "new", "where"}]."""
    old = old_names()
    found = sorted(given_in(old).items())
    return [{"name": name, "new": old[name], "where": where} for name, where in found]


def differ(one, other):
    try:
        return bool(one != other)
    except Exception:
        return True


def ignored_settings(app):
    """Settings without effect: [{"name", "where", "new", "why"}]; `new` is the name that has one.

    `why` is "shadowed" (the new name is given too, and wins), "namespace" (the application reads its settings
    without the prefix) or "environment" (a variable of the environment wins).
    """
    from celery.app.defaults import SETTING_KEYS
    app.conf.finalize()
    source, first = app.loader.conf or {}, dict(app.conf.changes)
    have, old, prefix = set(source.keys()), old_names(), app.conf.prefix or ""
    ignored = []

    def spelled(new):
        """The names by which Celery looks for a setting, the one that wins first."""
        full = prefix + new
        return [full.upper() if prefix.isupper() else full] * bool(prefix) + [new]

    for name in sorted(have & set(old)):
        new = old[name]
        if name in spelled(new):
            continue
        winner = next((one for one in spelled(new) if one in have), "")
        wins = first[new] if new in first else source[winner] if winner else source[name]
        if differ(source[name], wins):
            ignored.append({"name": name, "new": winner or new, "why": "shadowed"})
    for name in sorted(have if not prefix else ()):
        bare = str(name).removeprefix("CELERY_")
        known = bare.lower() in SETTING_KEYS or bare in COMPANIONS
        if bare != name and name.isupper() and known and name not in old:
            new = bare if bare in COMPANIONS else bare.lower()
            if new not in have and new not in first:
                ignored.append({"name": name, "new": new, "why": "namespace"})
    variable = os.environ.get("CELERY_RESULT_BACKEND", "")
    names = [*spelled("result_backend"), "CELERY_RESULT_BACKEND"]
    name = next((one for one in names if one in have and source[one]), "")
    if variable and name and str(source[name]).partition(":")[0] != variable.partition(":")[0]:
        ignored.append({"name": name, "new": "", "why": "environment"})
    where = given_in({one["name"] for one in ignored}) if ignored else {}
    return [{**one, "where": where.get(one["name"], "")} for one in ignored]

'''
