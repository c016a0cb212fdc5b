"""Configuration: the stack's settings, then what this application adds or changes."""

from celery.schedules import crontab
from kombu import Exchange, Queue
from stack_settings import *  # noqa: F403
from stack_settings import task_queues as stack_queues

# A queue of one's own. The short way is `stack_queue("math")`; this is what it stands for. Quorum queues on a
# topic exchange keep tasks safe, and let RabbitMQ itself hold countdown tasks until they are due.
math = Queue(
    "math",
    Exchange("tasks", type="topic"),
    routing_key="math",
    queue_arguments={"x-queue-type": task_default_queue_type},  # noqa: F405
)
task_queues = [*(queue for queue in stack_queues if queue.name != math.name), math]
task_routes = {"sample.maths.tasks.*": {"queue": "math"}}

beat_schedule = {
    "greet-every-thirty-seconds": {
        "task": "sample.tasks.greet",
        "schedule": 30.0,
        "args": ["beat"],
    },
    "add-every-morning": {
        "task": "sample.tasks.add",
        "schedule": crontab(hour=7, minute=30),
        "args": [16, 16],
    },
}
