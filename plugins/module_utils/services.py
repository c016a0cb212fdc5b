"""What the module `services` does with its arguments."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from grp import getgrnam
from pwd import getpwnam
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import supervisor
from ansible_collections.rabbitry.stack.plugins.module_utils.apt import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import LedgerError, load_all
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_converge import Converge
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import Control, SupervisorError
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import InvalidService

ARGUMENTS: dict[str, dict[str, Any]] = {
    "owner": {"type": "str", "default": ""},
    "services": {"type": "list", "elements": "dict"},
    "names": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["started", "stopped", "restarted", "absent"], "default": "started"},
    "supervisor": {"type": "str", "choices": ["", *supervisor.KINDS], "default": ""},
    "prune": {"type": "bool", "default": True},
    "wait": {"type": "bool", "default": True},
    "programs": {"type": "dict", "default": {}},
}


class Failure(Exception):
    """Why the module fails, with further facts (hint, log, faults, paths) for its answer."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = facts


def execute(arguments: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Do it, or in check mode predict it; the module's answer. Raises Failure."""
    try:
        return _execute(arguments, check)
    except InvalidService as invalid:
        raise Failure(f"{invalid} on {socket.gethostname()}", hint=invalid.hint) from None
    except (SupervisorError, Refused) as problem:
        raise Failure(f"{problem} on {socket.gethostname()}", hint=problem.hint) from None
    except PackageError as problem:
        raise Failure(problem.message, hint=problem.hint, log=problem.log) from None
    except LedgerError as problem:
        raise Failure(f"{problem} on {socket.gethostname()}") from None
    except OSError as error:
        where = f"`{error.filename}`: " if error.filename else ""
        raise Failure(f"cannot change {where}{error.strerror or error} on {socket.gethostname()}") from None


def _execute(arguments: Mapping[str, Any], check: bool) -> dict[str, Any]:
    hand = supervisor.control(arguments["supervisor"])
    state = arguments["state"]
    if arguments["services"] is not None:
        if not arguments["owner"]:
            raise Failure("`owner` is needed with `services`", hint="owner: celery_worker")
        services = [Service.from_vars(given) for given in arguments["services"]]
        _refuse_doubles(services)
        run = Converge(hand, arguments["owner"], check)
        if state in ("started", "restarted"):
            if not check:
                _refuse_strangers(services)
            run.start(services, arguments["programs"], state == "restarted", arguments["prune"])
            if arguments["wait"] and not check:
                run.wait(services)
        elif state == "stopped":
            run.stop(services)
        else:
            run.remove([service.name for service in services])
        return _answer(hand.kind, [run])
    return _answer(hand.kind, _recorded(arguments, hand, check))


def _recorded(arguments: Mapping[str, Any], hand: Control, check: bool) -> list[Converge]:
    """Act on what the ledger knows: what others need first, stops the other way round."""
    runs = {book.owner: Converge(hand, book.owner, check) for book in load_all()}
    known = {s.name: (owner, s) for owner, run in runs.items() for s in run.recorded()}
    wanted = arguments["names"] or [n for n, (owner, _) in known.items() if arguments["owner"] in ("", owner)]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise Failure(
            f"service `{unknown[0]}` is not known on {socket.gethostname()}",
            hint=f"known services: {', '.join(known)}",
        )
    if arguments["state"] == "started":
        wanted = _with_what_they_need(wanted, {name: service for name, (_, service) in known.items()})
    order = [name for name in _sorted([service for _, service in known.values()]) if name in wanted]
    state = arguments["state"]
    for name in order if state in ("started", "restarted") else reversed(order):
        owner, service = known[name]
        if state in ("started", "restarted"):
            runs[owner].start([service], {}, state == "restarted", prune=False)
        elif state == "stopped":
            runs[owner].stop([service])
        else:
            runs[owner].remove([name])
    if state in ("started", "restarted") and arguments["wait"] and not check:
        for owner, run in runs.items():
            run.wait([known[name][1] for name in order if known[name][0] == owner])
    return list(runs.values())


def _with_what_they_need(names: Sequence[str], known: Mapping[str, Service]) -> list[str]:
    """The services named, and all that start before them; what this host does not have is left out."""
    found = list(names)
    for name in found:
        found += [one for one in known[name].after if one in known and one not in found]
    return found


def _sorted(services: Sequence[Service]) -> list[str]:
    graph = {s.name: [name for name in s.after if any(name == o.name for o in services)] for s in services}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise Failure(f"services wait for each other: {' -> '.join(error.args[1])}") from None


def _refuse_strangers(services: Sequence[Service]) -> None:
    """An account that does not exist must not reach a supervisor: supervisord would not start at all."""
    for service in services:
        accounts = [("user", service.user, getpwnam), ("group", service.group, getgrnam)]
        for kind, name, look in (account for account in accounts if account[1]):
            try:
                look(name)
            except KeyError:
                raise InvalidService(service.name, f"the {kind} `{name}` does not exist") from None


def _refuse_doubles(services: Sequence[Service]) -> None:
    names = [service.name for service in services]
    doubles = [name for name in names if names.count(name) > 1]
    if doubles:
        raise InvalidService(doubles[0], "is described twice")


def _answer(kind: str, runs: Sequence[Converge]) -> dict[str, Any]:
    outcomes = [run.outcome for run in runs]
    lists = ("paths", "started", "restarted", "stopped", "removed", "enabled")
    answer: dict[str, Any] = {key: [one for o in outcomes for one in getattr(o, key)] for key in lists}
    answer |= {
        "changed": any(o.changed for o in outcomes),
        "diff": [d for run in runs for d in run.diff],
    }
    answer["supervisor"] = kind
    faults = [fault for outcome in outcomes for fault in outcome.faults]
    if faults:
        listed = [{"message": f.message, "hint": f.hint, "log": f.log} for f in faults]
        raise Failure(faults[0].message, hint=faults[0].hint, log=faults[0].log, faults=listed, **answer)
    return answer
