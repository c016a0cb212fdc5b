"""RabbitMQ's objects in one normal form, whether a role declared them or a broker exported them; pure.

Declared, as the role takes it: ``{"vhosts": [{name, default_queue_type?}], "users": [{name, password, tags,
permissions: [{vhost, configure, write, read}]}], "exchanges", "queues", "bindings", "policies"}``, the last
four with RabbitMQ's own keys. Exported: the answer of ``GET /api/definitions``.
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
# What a declaration may leave out, and RabbitMQ 3.10 must be told.
DEFAULTS: dict[str, Fields] = {
    "exchanges": {
        "type": "direct",
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    },
    "queues": {"durable": True, "auto_delete": False, "arguments": {}},
    "bindings": {"destination_type": "queue", "routing_key": "", "arguments": {}},
    "policies": {"apply-to": "all", "priority": 0},
}
IDENTITY: dict[str, Identity] = {
    "vhosts": ("name",),
    "users": ("name",),
    "permissions": ("vhost", "user"),
    "exchanges": ("vhost", "name"),
    "queues": ("vhost", "name"),
    "bindings": ("vhost", "source", "destination_type", "destination", "routing_key", "arguments"),
    "policies": ("vhost", "name"),
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


def document(declared: Fields) -> dict[str, list[Fields]]:
    """Return the definitions document that a broker can load; it has password hashes, no passwords."""
    users = declared.get("users") or []
    default_types = {vhost["name"]: vhost.get("default_queue_type") for vhost in declared.get("vhosts") or []}
    return {
        "vhosts": [_settled(vhost) for vhost in declared.get("vhosts") or []],
        "users": [
            {
                "name": user["name"],
                "password_hash": hash_password(user["password"], salt_for(user["name"])),
                "hashing_algorithm": HASHING,
                "tags": _tags(user),
                "limits": {},
            }
            for user in users
        ],
        "permissions": [
            {"user": user["name"], **permission}
            for user in users
            for permission in user.get("permissions") or []
        ],
        "exchanges": _complete(declared, "exchanges"),
        "queues": [
            _typed(queue, default_types.get(queue["vhost"])) for queue in _complete(declared, "queues")
        ],
        "bindings": _complete(declared, "bindings"),
        "policies": _complete(declared, "policies"),
    }


def objects(exported: Fields) -> dict[str, Objects]:
    """Return every object of a written or exported document by kind and identity, in one normal form."""
    return {
        kind: {identity(kind, entry): _facts(kind, entry) for entry in exported.get(kind) or []}
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
    name = {"policies": "policy"}.get(kind, kind.removesuffix("s"))
    return f"{name} `{one[-1]}`" + (f" on vhost `{one[0]}`" if len(one) > 1 else "")


def _complete(declared: Fields, kind: str) -> list[Fields]:
    return [{**DEFAULTS[kind], **entry} for entry in declared.get(kind) or []]


def _settled(vhost: Fields) -> Fields:
    default = vhost.get("default_queue_type")
    if not default:
        return {"name": vhost["name"]}
    # RabbitMQ 3.10 reads it from the metadata, and only when it creates the virtual host.
    metadata = {"description": "", "tags": [], "default_queue_type": default}
    return {"name": vhost["name"], "default_queue_type": default, "metadata": metadata}


def _typed(queue: Fields, default_type: str | None) -> Fields:
    arguments = queue.get("arguments") or {}
    return {**queue, "arguments": {"x-queue-type": default_type, **arguments} if default_type else arguments}


def _facts(kind: str, entry: Fields) -> Fields:
    match kind:
        case "vhosts":
            default = entry.get("default_queue_type") or (entry.get("metadata") or {}).get(
                "default_queue_type"
            )
            return {"default_queue_type": None if default == "undefined" else default}
        case "users":
            algorithm = entry.get("hashing_algorithm", HASHING)
            return {"tags": _tags(entry), "password_hash": entry.get("password_hash"), "algorithm": algorithm}
        case "permissions":
            return {key: entry[key] for key in ("configure", "write", "read")}
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


def _tags(user: Fields) -> list[str]:
    tags = user.get("tags") or []
    return sorted(tag.strip() for tag in (tags.split(",") if isinstance(tags, str) else tags) if tag.strip())
