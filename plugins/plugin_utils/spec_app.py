"""The application in the stack's model: where its code and its packages come from."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option

SOURCE = {
    "stack_app_source": Option(
        description="where the application comes from; empty is the sample",
        empty=True,
        secret=True,
        example="../app",
    ),
    "stack_app_install": Option(
        description="whether its files are copied, or a wheel is built of them and installed",
        choices=("auto", "copy", "wheel"),
        example="auto",
    ),
    "stack_app_module": Option(
        description="the module that holds the Celery application", form="module", example="sample"
    ),
    "stack_app_requirements": Option(
        type="path",
        description="the application's own requirements file",
        empty=True,
        example="../app/requirements.txt",
    ),
    "stack_app_venv": Option(
        type="path",
        description="an environment that the hosts have already; empty is one that is built",
        form="absolute path",
        empty=True,
        example="/srv/shop/venv",
    ),
    "stack_app_python": Option(
        description="the interpreter on the hosts, a path or a version; empty is the system's",
        form="interpreter",
        empty=True,
        example='"3.12"',
    ),
    "stack_app_index": Option(
        description="the package index, with its login if it wants one; empty is the machine's own",
        form="index",
        empty=True,
        secret=True,
        example="https://index.example.org/simple",
    ),
    "stack_app_environment": Option(type="dict", description="environment variables of the application"),
}
