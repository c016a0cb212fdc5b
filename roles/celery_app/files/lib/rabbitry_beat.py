"""What stack-beat runs: the application's own scheduler, with Rabbitry's tick, and never two on a host."""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import rabbitry_redbeat
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler
from celery.schedules import schedule
from celery.signals import beat_init
from celery.utils.imports import load_extension_class_names, symbol_by_name
from rabbitry_probe import TICK_LIFETIME, announce, refresh, withdraw

# Seconds between two ticks.
TICK = 5.0

# By this a command line is that of a beat which Rabbitry started.
SCHEDULER = "rabbitry_beat:scheduler"


def scheduler(app: Celery, **arguments: object) -> Scheduler:
    """Make the scheduler that `app` configures; for `celery beat -S rabbitry_beat:scheduler`."""
    aliases = dict(load_extension_class_names("celery.beat_schedulers"))
    shared = rabbitry_redbeat.wanted()
    chosen = rabbitry_redbeat.scheduler_of(app) if shared else app.conf.beat_scheduler
    base = symbol_by_name(chosen, aliases=aliases)
    if shared:
        arguments |= rabbitry_redbeat.configure(app)

    class Ticking(base):  # type: ignore[misc, valid-type]
        """Sends the tick beside its schedule, which may be a table that people look at and change."""

        announced = False
        ticks = 0.0  # the next one is due then, by the monotonic clock

        def apply_async(self, *args: object, **kwargs: object) -> object:
            sent = super().apply_async(*args, **kwargs)
            refresh()
            return sent

        def tick(self, *args: object, **kwargs: object) -> float:
            delay: float = super().tick(*args, **kwargs)
            if not self.announced:
                announce()
                self.announced = True
            if time.monotonic() >= self.ticks:
                self.ticks = time.monotonic() + TICK
                self.apply_entry(tick_entry(app), producer=self.producer)
            return min(delay, max(0.0, self.ticks - time.monotonic()))

    Ticking.__name__ = Ticking.__qualname__ = base.__name__
    return Ticking(app=app, **arguments)


def tick_entry(app: Celery) -> ScheduleEntry:
    """The tick, as beat sends it. Old ticks prove nothing: a worker that comes back skips them."""
    return ScheduleEntry(
        name="rabbitry-tick",
        task="rabbitry.probe.tick",
        schedule=schedule(TICK, app=app),
        options={"expires": TICK_LIFETIME},
        app=app,
    )


def start_alone(**_: object) -> None:
    """Refuse to start beside another beat of the same application: every task would be sent twice."""
    withdraw()
    pids = rivals(running(), sys.argv, os.getpid())
    if pids:
        print(
            f"error: another beat of `{application(sys.argv)}` runs on this host: process {pids[0]}\n"
            f"hint: end it, then this one starts by itself: kill {pids[0]}",
            # Celery has made sys.stderr a log by now.
            file=sys.__stderr__,
            flush=True,
        )
        raise SystemExit(1)
    if rabbitry_redbeat.wanted():
        # redbeat waits for the lock next, which another host's beat may hold for as long as it lives.
        announce()


def running(proc: Path = Path("/proc")) -> dict[int, list[str]]:
    """The command lines of this host's processes (not of its containers'), by process id."""
    if platform.system() == "Darwin":
        told = subprocess.run(
            ["/bin/ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=False
        )
        return {
            int(words[0]): words[1:] for words in (line.split() for line in told.stdout.splitlines()) if words
        }
    found = {}
    for folder in proc.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            status = (folder / "status").read_text(errors="replace")
        except OSError:
            continue
        namespaces = [line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")]
        in_container = any(len(pids) > 1 for pids in namespaces)
        if not in_container:
            found[int(folder.name)] = words
    return found


def rivals(processes: dict[int, list[str]], own: list[str], own_pid: int) -> list[int]:
    """Processes that are a beat of the application on our own command line, other than ours.

    One of another environment is the beat of another application of the same code.
    """
    return sorted(
        pid
        for pid, words in processes.items()
        if pid != own_pid
        and is_beat(words)
        and application(words) == application(own)
        and not (SCHEDULER in words and program(own) and program(words) not in ("", program(own)))
    )


def program(words: list[str]) -> str:
    """The path of the command `celery` on a command line, or "" for one that was found otherwise."""
    return next((word for word in words[:3] if Path(word).name == "celery" and "/" in word), "")


def is_beat(words: list[str]) -> bool:
    if not any(Path(word).name == "celery" for word in words[:3]):
        return False
    return "beat" in words or ("worker" in words and ("-B" in words or "--beat" in words))


def application(words: list[str]) -> str:
    """The value of -A / --app among the words of a command line, or ""."""
    for number, word in enumerate(words):
        if word in ("-A", "--app") and number + 1 < len(words):
            return words[number + 1]
        if word.startswith("--app="):
            return word.removeprefix("--app=")
        if word.startswith("-A") and len(word) > 2:
            return word[2:]
    return ""


beat_init.connect(start_alone)
