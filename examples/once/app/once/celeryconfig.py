"""Configuration: the stack's settings, and a schedule that is faster than its task."""

from stack_settings import *  # noqa: F403

task_routes = {"once.tasks.report": {"queue": "reports"}, "once.tasks.*": {"queue": "default"}}

beat_schedule = {
    # The task takes 3 seconds: without the lock the queue would grow by two tasks with every one that is run.
    "report-every-second": {"task": "once.tasks.report", "schedule": 1.0, "args": ["beat", 3]},
}
