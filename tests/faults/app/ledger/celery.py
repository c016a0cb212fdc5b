"""The Celery application, by the settings of the stack; what its beat sends is written down."""

from celery import Celery
from celery.signals import after_task_publish

from ledger.book import write

TICK = "ledger.tasks.tick"

app = Celery("ledger")
app.config_from_object("stack_settings")
app.conf.beat_schedule = {"tick": {"task": TICK, "schedule": 1.0}}
app.autodiscover_tasks(["ledger"])


@after_task_publish.connect(sender=TICK)
def note_tick(headers: dict[str, str], **_: object) -> None:
    write("tick", headers["id"], TICK)
