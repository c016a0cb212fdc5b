"""Sends a task for each way to end, and prints the signals of each: `python -m signals.show`."""

import json
import time
from typing import Any

from signals import app, records
from signals.tasks import add, fail, fail_once

EVERY = {
    "before_task_publish",
    "after_task_publish",
    "task_prerun",
    "task_postrun",
    "task_retry",
    "task_success",
    "task_failure",
    "task_revoked",
    "task_unknown",
}
PATIENCE = 20.0


def main() -> int:
    records.forget()
    ids = {
        "add": add.delay(1, 200).id,
        "fail": fail.delay().id,
        "fail_once": fail_once.delay().id,
        # A message that nobody's worker has the code for.
        "not_there": app.send_task("signals.tasks.not_there").id,
    }
    # The broker holds it until it is due; the workers have heard by then that it is not wanted any more.
    late = add.apply_async((1, 1), countdown=2)
    late.revoke()
    ids["add, revoked"] = late.id
    seen = wait_for(EVERY, (ids["fail_once"], "task_success"))
    for name, identifier in ids.items():
        print(f"{name}  {identifier}")
        for record in seen:
            if record["id"] == identifier:
                tell(record, with_headers=name == "add")
    missing = EVERY - {record["signal"] for record in seen}
    print(
        f"not seen within {PATIENCE:.0f} s: {', '.join(sorted(missing))}" if missing else "all nine were seen"
    )
    return 1 if missing else 0


def wait_for(wanted: set[str], last: tuple[str, str]) -> list[dict[str, Any]]:
    """The records, once each wanted signal is among them and the task that takes longest is through."""
    end = time.monotonic() + PATIENCE
    while True:
        seen = records.read()
        there = {record["signal"] for record in seen}
        done = last in {(record["id"], record["signal"]) for record in seen}
        if (wanted <= there and done) or time.monotonic() > end:
            return seen
        time.sleep(0.2)


def tell(record: dict[str, Any], *, with_headers: bool) -> None:
    details = dict(record["details"])
    headers = details.pop("headers", {})
    print(f"  {record['signal']:<20} {record['process']:<24} {json.dumps(details)}")
    if with_headers:
        for header, value in headers.items():
            print(f"    {header:<22} {json.dumps(value)}")


if __name__ == "__main__":
    raise SystemExit(main())
