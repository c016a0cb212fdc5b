"""Puts tasks together in each way and prints what they return: `python -m canvas.show`."""

import time
from collections.abc import Callable
from typing import Any

from celery import chain, chord, group

from canvas import app
from canvas.tasks import NOTES, add, fail, multiply, note_error, together, total, words

TEXTS = ["to be or not", "to be", "that is"]
PATIENCE = 20.0


def main() -> None:
    # One after the other; each gets the result of the one before it as its first argument.
    show("chain", chain(add.s(2, 3), multiply.s(4)))
    # `si` is immutable: it does not take that result.
    show("chain with si", chain(add.s(2, 3), multiply.si(4, 5)))
    # All at once. The results come in the order of the tasks, whichever ends first.
    show("group", group(multiply.s(n, n) for n in range(5)))
    # All at once, then one more with the list of their results.
    show("chord", chord([words.s(text) for text in TEXTS], together.s()))
    # A group within a chain: what comes after it makes it a chord.
    show("group in a chain", chain(add.s(1, 1), group(add.s(10), add.s(20)), total.s()))
    # A hundred calls in ten messages, each of which returns a list.
    show("chunks", add.chunks([(n, n) for n in range(100)], 10).group(), len)
    show_failure()


def show(name: str, work: Any, say: Callable[[Any], Any] = str) -> None:
    print(f"{name:<18} {say(work.apply_async().get(timeout=PATIENCE))}")


def show_failure() -> None:
    """When a task of a chord fails, its end is not run; the end's error callback is."""
    store = app.backend.client
    store.delete(NOTES)
    work = chord([words.s("to be"), fail.s("not to be")], together.s().on_error(note_error.s()))
    # Returned and not raised: raised, it would be this error or the failed task's own, as it comes.
    error = work.apply_async().get(timeout=PATIENCE, propagate=False)
    print(f"{'failing chord':<18} {error}")
    end = time.monotonic() + PATIENCE
    while not store.llen(NOTES) and time.monotonic() < end:
        time.sleep(0.1)
    for line in store.lrange(NOTES, 0, -1):
        print(f"{'error callback':<18} {line.decode()}")


if __name__ == "__main__":
    main()
