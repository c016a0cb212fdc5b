"""What the trial of a release asks of an application, in its own interpreter."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.module_utils.settings_program import SETTINGS

# Argument: the module as `celery -A` takes it. Does what that does, and what a worker does next: it imports
# every module of tasks. Prints one JSON document, last: {"tasks": [name], "ignored": [setting]}; or
# {"mixed": [setting]}, before the error with which Celery refuses them.
PROGRAM = (
    SETTINGS
    + """
import json, sys
from celery.app.utils import find_app

try:
    app = find_app(sys.argv[1])
    app.loader.import_default_modules()
    app.finalize()
    tasks = sorted(name for name in app.tasks if not name.startswith("celery."))
    told = {"tasks": tasks, "ignored": ignored_settings(app)}
except Exception as error:
    if "Cannot mix new" in str(error):
        print("\\n" + json.dumps({"mixed": old_settings()}))
    raise
print("\\n" + json.dumps(told))
"""
)
