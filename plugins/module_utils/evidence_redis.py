"""What Redis says of itself: INFO, the settings that matter, and why it lets nobody in."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import NotReady, Refused, Session

SETTINGS = (
    "dir",
    "dbfilename",
    "save",
    "appendonly",
    "maxmemory",
    "maxmemory-policy",
    "maxclients",
    "bind",
    "protected-mode",
)
# A task that just ends takes its lock away meanwhile.
PAUSE = 0.4
# Seconds for looking through all keys, and keys at a time: a large server is looked at in part.
SCAN = 1.0
STEP = "1000"
SHOWN = 5


def collect(question: Question) -> dict[str, Any] | None:
    """Return what Redis says, {"fault": sentence, "code": Redis' word} when it does not let us in.

    {"info": {name: text}, "settings": {name: text}, "open": whether it wants no password, "modules": [name],
    "locks": [{"task", "database", "left": seconds, -1 for ever, "idle": seconds since it was taken, or None}]
    of celery_once, at most 5,
    "unacked": [{"database", "count", "oldest": seconds since 1970}] of those who use it as a broker}.
    Of one among several also "group", as `_group` has it, though Redis itself gives a fault, and "ticks"
    {application: [{"time": seconds since 1970, "origin": pid@host}]} of beat, the newest last.
    None on a host without Redis.
    """
    if not question.runs("redis-server"):
        return None
    found = _server(question)
    return found | {"group": _group(question)} if question.stack.get("replication") else found


def _group(question: Question) -> dict[str, dict[str, Any]]:
    """Return {"nodes": {host: {"role", "master", "link"}}, "sentinels": {host: {"master", "others"}}}.

    They are what each server and sentinel says to this host, {"fault": sentence} of one that says nothing.
    """
    group = question.stack["replication"]
    password = question.login("redis")[1]

    def node(session: Session) -> dict[str, Any]:
        told = session.info("replication")
        master, link = told.get("master_host", ""), told.get("master_link_status", "up")
        return {"role": told["role"], "master": master, "link": link}

    def sentinel(session: Session) -> dict[str, Any]:
        told = session.pairs("SENTINEL", "MASTER", group["master"])
        return {"master": told["ip"], "others": int(told["num-other-sentinels"]), "flags": told["flags"]}

    def ask(end: Mapping[str, Any]) -> dict[str, Any]:
        try:
            with Session(end["host"], int(end["port"]), password) as session:
                return node(session) if end in group["nodes"] else sentinel(session)
        except (NotReady, Refused, KeyError) as error:
            return {"fault": str(error)}

    with ThreadPoolExecutor(8) as pool:
        return {
            kind: dict(zip((end["on"] for end in group[kind]), pool.map(ask, group[kind]), strict=True))
            for kind in ("nodes", "sentinels")
        }


def _ticks(question: Question, redis: Session) -> dict[str, list[dict[str, Any]]]:
    """The last ticks of each application's beat."""
    found = {}
    for app in question.stack["apps"]:
        redis.call("SELECT", str(app["db"]))
        answer = redis.call("LRANGE", "rabbitry:ticks", "0", "-1")
        found[app["name"]] = [json.loads(str(one)) for one in answer] if isinstance(answer, list) else []
    return found


def _server(question: Question) -> dict[str, Any]:
    end = question.redis
    try:
        with Session(end["host"], int(end["port"]), question.login("redis")[1]) as redis:
            info = redis.info()
            databases = [name.removeprefix("db") for name in info if name[:2] == "db" and name[2:].isdigit()]
            return {
                "info": info,
                "settings": redis.pairs("CONFIG", "GET", *SETTINGS),
                "open": _is_open(redis),
                "modules": _modules(redis),
                "locks": _locks(redis, databases),
                "unacked": _unacked(redis, databases),
            } | ({"ticks": _ticks(question, redis)} if question.stack.get("replication") else {})
    except NotReady as error:
        return {"fault": str(error), "code": ""}
    except Refused as error:
        return {"fault": str(error), "code": error.code}


def _is_open(redis: Session) -> bool:
    flags = redis.pairs("ACL", "GETUSER", "default").get("flags", "")
    return "'nopass'" in flags


def _modules(redis: Session) -> list[str]:
    found = redis.call("MODULE", "LIST")
    names = [dict(zip(one[::2], one[1::2], strict=True)) for one in found or () if isinstance(one, list)]  # type: ignore[union-attr]
    return [str(one.get("name")) for one in names]


def _locks(redis: Session, databases: list[str]) -> list[dict[str, Any]]:
    """Those of celery_once that are there twice; their keys hold arguments of tasks, which are not told."""
    keys = {name: _keys(redis, name) for name in databases}
    if not any(keys.values()):
        return []
    time.sleep(PAUSE)
    found = []
    for name in databases:
        redis.call("SELECT", name)
        for key in sorted(keys[name]):
            left = redis.call("TTL", key)
            if isinstance(left, int) and left != -2:
                lock = {"task": task_of(key), "database": int(name), "left": left, "idle": _idle(redis, key)}
                found.append(lock)
    return found[:SHOWN]


def _idle(redis: Session, key: str) -> int | None:
    try:
        seconds = redis.call("OBJECT", "IDLETIME", key)
    except Refused:  # a server that evicts by frequency does not count it
        return None
    return seconds if isinstance(seconds, int) else None


def task_of(key: str) -> str:
    """The task of a key like `qo_shop.tasks.bill_customer-7`."""
    named, dash, _ = key.removeprefix("qo_").partition("-")
    return named.rpartition("_")[0] if dash else named


def _keys(redis: Session, database: str) -> set[str]:
    redis.call("SELECT", database)
    deadline, cursor, found = time.monotonic() + SCAN, "0", set[str]()
    while time.monotonic() < deadline:
        answer = redis.call("SCAN", cursor, "MATCH", "qo_*", "COUNT", STEP)
        if not isinstance(answer, list) or not isinstance(answer[1], list):
            break
        found |= {str(key) for key in answer[1]}
        cursor = str(answer[0])
        if cursor == "0":
            break
    return found


def _unacked(redis: Session, databases: list[str]) -> list[dict[str, Any]]:
    """Messages that Celery's consumers hold, in the databases that Celery uses as a broker."""
    found = []
    for name in databases:
        redis.call("SELECT", name)
        if redis.call("TYPE", "unacked_index") != "zset":
            continue
        first = redis.call("ZRANGE", "unacked_index", "0", "0", "WITHSCORES")
        if isinstance(first, list) and len(first) == 2:
            count = redis.call("ZCARD", "unacked_index")
            found.append({"database": int(name), "count": count, "oldest": float(str(first[1]))})
    return found
