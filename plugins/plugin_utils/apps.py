"""The applications of a stack, each complete: what an entry of `stack_apps` leaves out has a default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.broker_entries import on_all, secret_terms
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery import celery_timeouts
from ansible_collections.rabbitry.stack.plugins.plugin_utils.topology import celery_topology

App = dict[str, Any]

# What verbs call the application of a stack that has only one and gives it no name.
ONLY = "app"
# The decision behind each key when the stack has one application; an entry of `stack_apps` has these keys.
DECISIONS = {
    "source": "stack_app_source",
    "module": "stack_app_module",
    "install": "stack_app_install",
    "requirements": "stack_app_requirements",
    "venv": "stack_app_venv",
    "python": "stack_app_python",
    "index": "stack_app_index",
    "environment": "stack_app_environment",
    "keep_releases": "stack_app_keep_releases",
    "deploy_deadline": "stack_app_deploy_deadline",
    "django_settings": "stack_app_django_settings",
    "secret_key": "stack_app_secret_key",
    "release_commands": "stack_app_release_commands",
    "results": "stack_app_results",
    "vhost": "stack_vhost",
    "user": "stack_user",
    "password": "stack_app_password",
    "queues": "stack_queues",
    "workers": "stack_workers",
    "celery_set": "stack_celery_set",
    "queue_type": "stack_queue_type",
    "exchange": "stack_exchange",
    "prefetch": "stack_prefetch",
    "longest_task": "stack_longest_task",
    "beat": "stack_beat_enabled",
    "flower": "stack_flower_enabled",
    "flower_port": "stack_flower_port",
}
# What an entry has in common with the others unless it says otherwise.
SHARED = (
    *("celery_set", "queue_type", "exchange", "prefetch", "longest_task", "beat", "flower"),
    *("python", "index", "keep_releases", "deploy_deadline"),
)
CONCURRENCY = 2
# Django counts a shorter one as weak.
SECRET_KEY = "length=50 chars=ascii_letters,digits"
# What a release of a Django project does before it is used, unless its entry says otherwise.
MIGRATE = "python -m django migrate --noinput"


def apps(
    entries: Sequence[Mapping[str, Any]],
    one: Mapping[str, Any],
    passwords: Sequence[str] = (),
    home: str = "",
    secret_keys: Sequence[str] = (),
) -> list[App]:
    """Return every application with the keys of DECISIONS, name, label, secret, db and home.

    Without ``entries`` it is ``one``, by the keys of DECISIONS, whose name is "". ``passwords`` (as many as
    entries) are for those that give none; ``home`` is the directory of the only one, and holds the others'.
    ``secret_keys`` (as many as entries of Django projects) are the same for what those sign with.
    ``label`` is what verbs call it, ``secret`` its password's name, ``db`` Redis' number for its results.
    """
    if not entries:
        return [{**one, "name": "", "label": ONLY, "secret": ONLY, "db": 0, "home": home}]
    generated = [*passwords, *[""] * (len(entries) - len(passwords))]
    keys = iter(secret_keys)
    return [
        _named(entry, one, place, password, home, next(keys, "") if entry.get("django_settings") else "")
        for place, (entry, password) in enumerate(zip(entries, generated, strict=True))
    ]


def _named(
    entry: Mapping[str, Any], one: Mapping[str, Any], place: int, password: str, home: str, secret_key: str
) -> App:
    given = {key: value for key, value in entry.items() if value is not None}
    name = str(given["name"])
    queues = given.get("queues") or ["default"]
    port = one.get("flower_port")
    app = {
        "label": name,
        "db": place,
        "home": f"{home}/apps/{name}",
        "source": "",
        "module": name.replace("-", "_"),
        "install": "auto",
        "requirements": "",
        "venv": "",
        "environment": {},
        "django_settings": "",
        "secret_key": secret_key,
        "release_commands": [MIGRATE] if given.get("django_settings") else [],
        "results": "redis",
        "vhost": name,
        "user": name,
        "queues": queues,
        "workers": [{"name": "default", "queues": queues, "concurrency": CONCURRENCY}],
        "flower_port": int(port) + place if port is not None else None,
        **{key: one.get(key) for key in SHARED},
        **given,
    }
    return {**app, "password": given.get("password") or password, "secret": f"user/{app['user']}"}


def variable_of(app: Mapping[str, Any], key: str) -> str:
    """Where an inventory decides this of an application, for messages."""
    return f"stack_apps ({app['name']}).{key}" if app["name"] else DECISIONS[key]


def app_password_terms(entries: Iterable[Mapping[str, Any]], directory: str) -> list[str]:
    """Return for each application what Ansible's lookup `password` takes, to generate its broker password."""
    return secret_terms((entry.get("user") or entry["name"] for entry in entries), directory)


def app_secret_key_terms(entries: Iterable[Mapping[str, Any]], directory: str) -> list[str]:
    """Return the same for what the Django projects among them sign with."""
    return [
        f"{directory}/secret_keys/{entry['name']} {SECRET_KEY}"
        for entry in entries
        if entry.get("django_settings")
    ]


def app_service(app: Mapping[str, Any], kind: str, worker: str = "") -> str:
    """Return what a service is called: stack-worker-default, of a named one stack-worker-shop-default."""
    return "-".join(part for part in ("stack", kind, app["name"], worker) if part)


def app_services(found: Iterable[Mapping[str, Any]], kind: str) -> list[str]:
    """Return the services of one kind (`worker`, `beat`, `flower`) of all applications."""
    if kind == "worker":
        return [app_service(app, kind, worker["name"]) for app in found for worker in app["workers"]]
    return [app_service(app, kind) for app in found if app[kind]]


def app_vhosts(found: Iterable[Mapping[str, Any]]) -> list[App]:
    """Return the virtual hosts of the applications, as the role rabbitmq takes them."""
    return [{"name": app["vhost"]} for app in found]


def app_users(found: Iterable[Mapping[str, Any]]) -> list[App]:
    """Return the broker's accounts of the applications: each may do everything on its own virtual host."""
    return [
        {
            "name": app["user"],
            "password": app["password"],
            "tags": [],
            "permissions": on_all([app["vhost"]]),
        }
        for app in found
    ]


def app_secrets(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the applications' broker passwords by the names that `inv secrets` knows."""
    return {str(app["secret"]): str(app["password"]) for app in found}


def app_secret_keys(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return what the Django projects among the applications sign with, by the names of `inv secrets`."""
    return {
        "/".join(part for part in ("secret_key", app["name"]) if part): str(app["secret_key"])
        for app in found
        if app["django_settings"] and app["secret_key"]
    }


def apps_topology(found: Iterable[Mapping[str, Any]]) -> dict[str, list[App]]:
    """Return the exchanges, queues, bindings and policies that the applications need, all together.

    Raises ValueError for what ``celery_topology`` refuses.
    """
    keys = ("queues", "vhost", "exchange", "queue_type")
    parts = [celery_topology(*(app[key] for key in keys)) for app in found]
    return {kind: [one for part in parts for one in part[kind]] for kind in parts[0]}


def apps_consumer_timeout(found: Iterable[Mapping[str, Any]]) -> int:
    """Return the seconds that the broker must leave a message unacknowledged, by the longest task of all."""
    return max(
        celery_timeouts(int(app["longest_task"]), int(app["prefetch"]))["consumer_timeout"] for app in found
    )
