"""The letters that are sent at the start of a run and opened by the promises that follow."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from rabbitry.model import Stack
from rabbitry.post import Letter, Post
from rabbitry.promise import Broken

COUNTDOWN = 2
RETRY_DELAY = 1
ANSWER = 5.0
SLOW = 1.0


@dataclass
class Letters:
    """Sends all of them once, when the first is asked for; each fails by itself."""

    post: Post
    stack: Stack
    where: dict[str, list[Letter | Broken]] = field(default_factory=dict)
    answers: dict[str, set[str]] = field(default_factory=dict)
    named: dict[str, Letter | Broken] = field(default_factory=dict)
    sent: float = 0.0
    lost: Broken | None = None

    def send(self) -> None:
        """Send all letters; does nothing the second time."""
        if self.sent:
            return
        self.sent = time.monotonic()
        post, first = self.post, self.stack.app.queues[0]
        for queue in self.stack.app.queues:
            # Two for each worker: the broker serves the consumers of a queue in turn.
            share = 2 * sum(queue in worker.queues for worker in self.stack.app.workers)
            self.where[queue] = [self._try(partial(post.send, "where", queue=queue)) for _ in range(share)]
        self.named["stamp"] = self._try(lambda: post.send("stamp", queue=first))
        self.named["add"] = self._try(lambda: post.send("add", 20, 22, queue=first))
        self.named["flaky"] = self._try(lambda: post.send("flaky", 2, RETRY_DELAY, queue=first))
        self.named["chord"] = self._try(lambda: post.chord(4, queue=first))
        self.named["countdown"] = self._try(lambda: post.send("stamp", queue=first, countdown=COUNTDOWN))

    def get(self, name: str) -> Letter:
        """A letter by name; Broken when it could not be sent."""
        self.send()
        letter = self.named[name]
        if isinstance(letter, Broken):
            raise letter
        return letter

    def answered(self, queue: str) -> set[str]:
        """The node names of the workers that have answered from a queue so far."""
        self.send()
        known = self.answers.setdefault(queue, set())
        waiting = self.where[queue]
        for letter in list(waiting):
            if isinstance(letter, Broken):
                raise letter
            if self.post.peek(letter) is not None:
                known.add(str(self.post.answer(letter)["worker"]))
                waiting.remove(letter)
        if not waiting:
            # Everything came back: as long as somebody asks, keep asking.
            waiting.append(self._try(lambda: self.post.send("where", queue=queue)))
        return known

    @property
    def age(self) -> float:
        """Seconds since the letters were sent."""
        return time.monotonic() - self.sent

    def _try(self, send: Callable[[], Letter]) -> Letter | Broken:
        if self.lost is not None:
            return self.lost
        started = time.monotonic()
        try:
            return send()
        except Broken as broken:
            if time.monotonic() - started > SLOW:
                # A broker that lets one letter wait lets them all wait.
                self.lost = broken
            return broken
