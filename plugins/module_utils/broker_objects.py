"""RabbitMQ's objects in one normal form, whether a role declared them or a broker exported them; pure.

Declared is what a role takes, see broker_document.py; exported is the answer of ``GET /api/definitions``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

Fields = dict[str, Any]
Identity = tuple[str, ...]
Objects = dict[Identity, Fields]

HASHING = "rabbit_password_hashing_sha256"
DIGESTS = {HASHING: hashlib.sha256, "rabbit_password_hashing_sha512": hashlib.sha512}
SALT_BYTES = 4
# RabbitMQ keeps the limits of virtual hosts and operator policies as parameters of these components.
LIMITS, OPERATOR = "vhost-limits", "operator_policy"
COMPONENTS = {OPERATOR: "operator policy"}
IDENTITY: dict[str, Identity] = {
    "vhosts": ("name",),
    "users": ("name",),
    "permissions": ("vhost", "user"),
    "topic_permissions": ("vhost", "user", "exchange"),
    "exchanges": ("vhost", "name"),
    "queues": ("vhost", "name"),
    "bindings": ("vhost", "source", "destination_type", "destination", "routing_key", "arguments"),
    "policies": ("vhost", "name"),
    "parameters": ("vhost", "component", "name"),
}


def hash_password(password: str, salt: bytes, algorithm: str = HASHING) -> str:
    """Return RabbitMQ's password hash: base64 of the salt followed by the digest of salt and password."""
    digest = DIGESTS[algorithm](salt + password.encode())
    return base64.b64encode(salt + digest.digest()).decode()


def salt_for(user: str) -> bytes:
    """Return the salt by which ``user`` is written to the document; fixed, so that the document is stable."""
    return hashlib.sha256(b"rabbitry\0" + user.encode()).digest()[:SALT_BYTES]


def password_matches(stored_hash: str, password: str, algorithm: str = HASHING) -> bool:
    """Tell whether ``stored_hash`` was made from ``password``, by hashing it again with the stored salt."""
    if algorithm not in DIGESTS or not stored_hash:
        return False
    try:
        salt = base64.b64decode(stored_hash)[:SALT_BYTES]
    except ValueError:
        return False
    return hmac.compare_digest(hash_password(password, salt, algorithm), stored_hash)


def objects(exported: Fields) -> dict[str, Objects]:
    """Return every object of a written or exported document by kind and identity, in one normal form."""
    return {
        kind: {
            identity(kind, entry): _facts(kind, entry)
            for entry in exported.get(kind) or []
            # What is left when every limit has been taken away is none.
            if kind != "parameters" or entry["component"] != LIMITS or entry["value"]
        }
        for kind in IDENTITY
    }


def identity(kind: str, entry: Fields) -> Identity:
    """Return what tells ``entry`` from the other objects of its kind."""
    parts = (entry.get(key, {} if key == "arguments" else "") for key in IDENTITY[kind])
    return tuple(part if isinstance(part, str) else json.dumps(part, sort_keys=True) for part in parts)


def describe(kind: str, one: Identity) -> str:
    """Return words for one object, such as ``queue `a` on vhost `b```."""
    if kind == "bindings":
        vhost, source, _, destination, key, _ = one
        return f"binding `{source}` -> `{destination}` by `{key}` on vhost `{vhost}`"
    if kind == "permissions":
        return f"permissions of user `{one[1]}` on vhost `{one[0]}`"
    if kind == "topic_permissions":
        return f"topic permissions of user `{one[1]}` for exchange `{one[2]}` on vhost `{one[0]}`"
    if kind == "parameters":
        vhost, component, parameter = one
        if component == LIMITS:
            return f"limits of vhost `{vhost}`"
        return f"{COMPONENTS.get(component, component)} `{parameter}` on vhost `{vhost}`"
    name = {"policies": "policy"}.get(kind, kind.removesuffix("s"))
    return f"{name} `{one[-1]}`" + (f" on vhost `{one[0]}`" if len(one) > 1 else "")


def _facts(kind: str, entry: Fields) -> Fields:
    match kind:
        case "vhosts":
            default = entry.get("default_queue_type") or (entry.get("metadata") or {}).get(
                "default_queue_type"
            )
            return {"default_queue_type": None if default == "undefined" else default}
        case "users":
            algorithm = entry.get("hashing_algorithm", HASHING)
            facts = {"password_hash": entry.get("password_hash"), "algorithm": algorithm}
            return {"tags": tags(entry), **facts, "limits": entry.get("limits") or {}}
        case "permissions":
            return {key: entry[key] for key in ("configure", "write", "read")}
        case "topic_permissions":
            return {key: entry[key] for key in ("write", "read")}
        case "parameters":
            return {"value": entry["value"]}
        case "exchanges":
            shape = {"type": entry.get("type", "direct"), "internal": entry.get("internal", False)}
            return shape | _lifetime(entry) | {"arguments": entry.get("arguments") or {}}
        case "queues":
            # A queue without a type is a classic one; newer brokers say so, older ones leave it out.
            arguments = {"x-queue-type": entry.get("type", "classic")} | (entry.get("arguments") or {})
            return _lifetime(entry) | {"arguments": arguments}
        case "policies":
            reach = {"apply-to": entry.get("apply-to", "all"), "priority": entry.get("priority", 0)}
            return {"pattern": entry["pattern"], "definition": entry["definition"]} | reach
        case _:
            return {}


def _lifetime(entry: Fields) -> Fields:
    return {"durable": entry.get("durable", True), "auto_delete": entry.get("auto_delete", False)}


def tags(user: Fields) -> list[str]:
    """Return a user's tags as a sorted list, which older brokers give as one text."""
    given = user.get("tags") or []
    return sorted(
        tag.strip() for tag in (given.split(",") if isinstance(given, str) else given) if tag.strip()
    )
