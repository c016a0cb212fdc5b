"""What to say of settings that Celery does not heed, or refuses: their new names, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Where an inventory lets the application's own setting count.
RESULTS = "write `stack_app_results: settings` in your group_vars, of one of several `results: settings`"
# So many names are listed in one sentence.
LISTED = 3

Setting = Mapping[str, str]


def placed(setting: Setting) -> str:
    """A setting's name with its file and line, where those are known."""
    where = setting.get("where", "")
    return f"`{setting['name']}` ({where})" if where else f"`{setting['name']}`"


def renamed(setting: Setting) -> str:
    """An old name, its place and the new one."""
    return f"{placed(setting)} is `{setting['new']}`"


def named(setting: Setting, module: str) -> str:
    """The beginning of a sentence on a setting that does nothing."""
    return f"the setting {placed(setting)} of `{module}` has no effect"


def notes(module: str, ignored: Sequence[Setting]) -> list[dict[str, str]]:
    """{"message", "hint"} for each setting of the application `module` that has no effect.

    Those that miss the namespace have one reason, and so one note.
    """
    found = []
    for one in ignored:
        if one["why"] == "shadowed":
            message = (
                f"the setting {placed(one)} of `{module}` has no effect: `{one['new']}` is given too and wins"
            )
            hint = f"move what `{one['name']}` says to `{one['new']}`, and delete it"
            found.append({"message": message, "hint": hint})
        elif one["why"] == "environment":
            message = f"{named(one, module)}: CELERY_RESULT_BACKEND in the environment wins"
            found.append({"message": message, "hint": RESULTS})
    bare = [one for one in ignored if one["why"] == "namespace"]
    if bare:
        listed = ", ".join(f"{placed(one)}, which is `{one['new']}`" for one in bare[:LISTED])
        more = f", and {len(bare) - LISTED} more" if len(bare) > LISTED else ""
        message = f"settings of `{module}` have no effect, as it reads none with a prefix: {listed}{more}"
        hint = 'app.config_from_object("django.conf:settings", namespace="CELERY")'
        found.append({"message": message, "hint": hint})
    return found


def refusal(module: str, old: Sequence[Setting]) -> tuple[str, str]:
    """Message and hint for an application that mixes old and new names, which Celery refuses."""
    listed = ", ".join(map(renamed, old))
    message = f"application module `{module}` mixes old and new names of settings, which Celery refuses"
    files = dict.fromkeys(one["where"].partition(":")[0] for one in old if one.get("where"))
    commands = " && ".join(f"celery upgrade settings {name}" for name in files)
    return (
        f"{message}: {listed}" if listed else message,
        f"rename them in your source, or let Celery do it: {commands}" if commands else "",
    )
