"""What a release of an application does before it is used, and what Django needs, as data."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option

RELEASE = {
    "stack_app_django_settings": Option(
        description="the module of a Django project's settings; empty is no Django",
        form="module name",
        empty=True,
        example="shop.settings",
    ),
    "stack_app_secret_key": Option(
        description="what a Django project signs with", form="password", empty=True, secret=True
    ),
    "stack_app_release_commands": Option(
        type="list",
        description="commands that run once in each new release before it is used",
        elements=Option(
            type="raw",
            description="a command",
            form="command",
            example="[python, manage.py, migrate, --noinput]",
        ),
        empty=True,
        example="[python manage.py migrate --noinput]",
    ),
    "stack_app_results": Option(
        description="where the application's results go", choices=("redis", "settings"), example="redis"
    ),
}
