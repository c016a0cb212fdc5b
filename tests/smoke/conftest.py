"""What every promise gets: the stack, clients, early letters, a deadline and one sentence if it breaks."""

from __future__ import annotations

import json
import shlex
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rabbitry.cause import explain
from rabbitry.clients import Clients
from rabbitry.deadline import Deadline, DeadlinePassed, within
from rabbitry.letters import Letters
from rabbitry.model import Stack
from rabbitry.post import Post
from rabbitry.promise import Alarm, Broken, Unreachable

DEADLINE = 6.0
# Cheap ones first; the beat's tick and the backlog, which disturbs the others when it stalls, last.
ORDER = (
    "test_broker",
    "test_redis",
    "test_failover",
    "test_tasks",
    "test_flower",
    "test_beat",
    "test_backlog",
)
FAULTS = pytest.StashKey[dict[str, Broken]]()
OVERALL = pytest.StashKey[Deadline]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The running stack to ask, and how long all of it may take."""
    parser.addoption("--state", default=".state/local", help="directory of stack.json and secrets.json")
    parser.addoption("--way", action="append", default=[], help="NAME=HOST:PORT, where to connect for one")
    parser.addoption("--python", action="append", default=[], help="HOST=COMMAND, which runs Python there")
    parser.addoption("--overall", default=60.0, type=float, help="seconds after which nothing more is tried")


def pytest_configure(config: pytest.Config) -> None:
    """Start the clock."""
    config.addinivalue_line(
        "markers",
        "promise(deadline, needs, shared): seconds; what must work; whether it is of the servers",
    )
    config.stash[FAULTS] = {}
    config.stash[OVERALL] = Deadline(config.getoption("overall"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask in the order that names the first cause first."""
    items.sort(key=lambda item: ORDER.index(Path(item.path).stem))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A promise for each application, and for each of its workers and queues; one of the servers for all."""
    stack = _stack(metafunc.config)
    marker = metafunc.definition.get_closest_marker("promise")
    if "consumption" in metafunc.fixturenames:
        triples = [
            (one, worker, queue)
            for one in stack.each()
            for worker in one.app.workers
            for queue in worker.queues
        ]
        names = [f"{worker.service} from queue {queue} on {worker.host}" for _, worker, queue in triples]
        values = [(one, (worker, queue)) for one, worker, queue in triples]
        metafunc.parametrize(("stack", "consumption"), values, ids=names)
    elif len(stack.apps) > 1 and not (marker and marker.kwargs.get("shared")):
        each = [one for one in stack.each() if _has(one, metafunc.fixturenames)]
        metafunc.parametrize("stack", each, ids=[one.app.name for one in each])


def _has(stack: Stack, fixtures: Sequence[str]) -> bool:
    """Whether the application has the part that a promise is about."""
    return bool(stack.app.flower) or "_needs_flower" not in fixtures


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run a promise with its deadline; turn whatever it raises into Broken, the cause in one sentence."""
    call = pyfuncitem.obj
    pyfuncitem.obj = lambda **arguments: _guarded(pyfuncitem, lambda: call(**arguments))
    try:
        return (yield)
    finally:
        pyfuncitem.obj = call


def _guarded(item: pytest.Function, call: Any) -> None:
    config = item.config
    marker = item.get_closest_marker("promise")
    wishes = marker.kwargs if marker else {}
    overall = config.stash[OVERALL]
    if overall.passed:
        raise Broken(f"not tried: the whole run's deadline of {overall.seconds:.0f} s has passed")
    name = item.funcargs["stack"].app.name if "stack" in item.funcargs else ""
    for need in wishes.get("needs", ()):
        if known := config.stash[FAULTS].get(f"flower/{name}" if need == "flower" else need):
            raise Broken(f"not tried: {known.cause}", service=known.service, hint=known.hint)
    seconds = min(wishes.get("deadline", DEADLINE), overall.left)
    try:
        within(seconds, call, "the promise")
    except (Broken, pytest.fail.Exception, pytest.skip.Exception):
        raise
    except DeadlinePassed:
        raise Broken(f"nothing came back within {seconds:.0f} s") from None
    except AssertionError as error:
        raise Broken(str(error).splitlines()[0] if str(error) else "not as promised") from error
    except Exception as error:
        raise explain(error, _stack(config)) from error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Leave the cause, the service and the hint in the report; remember what others would run into."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, Broken):
        broken = call.excinfo.value
        _remember(item.config, broken)
        report.user_properties += [
            ("cause", broken.cause),
            ("service", broken.service),
            ("hint", broken.hint),
        ]
    return report


def _remember(config: pytest.Config, broken: Broken) -> None:
    """Keep a fault that others would only run into again, by what they say they need."""
    faults = config.stash[FAULTS]
    if isinstance(broken, Alarm):
        faults.setdefault("publishing", broken)
    if isinstance(broken, Unreachable):
        known = _stack(config)
        for name, endpoint in known.ends().items():
            if known.where(endpoint) == broken.address:
                faults.setdefault(name, broken)


def _stack(config: pytest.Config) -> Stack:
    return Stack.load(Path(config.getoption("state")) / "stack.json")


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Stack:
    """The resolved model of the running stack, with one application."""
    return _stack(request.config).each()[0]


@pytest.fixture(scope="session")
def everyone(request: pytest.FixtureRequest) -> dict[str, Letters]:
    """By application the letters, and with them the clients: made once, however the promises are ordered."""
    secrets = json.loads((Path(request.config.getoption("state")) / "secrets.json").read_text())
    pairs = [way.partition("=")[::2] for way in request.config.getoption("way")]
    places = {name: address.rpartition(":")[::2] for name, address in pairs}
    ways = {name: (host, int(port)) for name, (host, port) in places.items()}
    return {
        one.app.name: Letters(Post(Clients(one, secrets, ways)), one) for one in _stack(request.config).each()
    }


@pytest.fixture
def clients(post: Post) -> Clients:
    """Real clients with short timeouts."""
    return post.clients


@pytest.fixture(scope="session")
def pythons(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """By remote host the command that runs Python there."""
    pairs = [each.partition("=")[::2] for each in request.config.getoption("python")]
    return {host: shlex.split(command) for host, command in pairs}


@pytest.fixture
def post(letters: Letters) -> Post:
    """The way to the workers and back."""
    return letters.post


@pytest.fixture
def letters(stack: Stack, everyone: dict[str, Letters]) -> Letters:
    """Tasks that are sent before anybody waits, so that the slow promises run side by side."""
    return everyone[stack.app.name]
