"""An application whose only task writes down when beat sent it, once a second."""

from datetime import datetime

from celery import Celery, Task

LIFETIME = 60

app = Celery("clock")
app.config_from_object("stack_settings")
app.conf.beat_schedule = {
    "second": {"task": "clock.second", "schedule": 1.0, "options": {"expires": LIFETIME}}
}


@app.task(name="clock.second", bind=True, ignore_result=True)
def second(self: Task) -> None:
    sent = datetime.fromisoformat(self.request.expires).timestamp() - LIFETIME
    self.app.backend.client.rpush("clock:seconds", f"{sent:.3f} {self.request.origin}")
