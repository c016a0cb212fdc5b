"""What Redis says of itself: INFO, the settings that matter, and why it lets nobody in."""

from __future__ import annotations

from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import NotReady, Refused, Session

SETTINGS = ("dir", "dbfilename", "save", "appendonly", "maxmemory", "maxmemory-policy", "maxclients")


def collect(question: Question) -> dict[str, Any] | None:
    """Return {"info": {name: text}, "settings": {name: text}} or {"fault": sentence, "code": Redis' word}.

    None on a host without Redis.
    """
    if not question.runs("redis-server"):
        return None
    end = question.stack["endpoints"]["redis"]
    try:
        with Session(end["host"], int(end["port"]), question.login("redis")[1]) as redis:
            text = str(redis.call("INFO"))
            info = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
            return {"info": info, "settings": redis.pairs("CONFIG", "GET", *SETTINGS)}
    except NotReady as error:
        return {"fault": str(error), "code": ""}
    except Refused as error:
        return {"fault": str(error), "code": error.code}
