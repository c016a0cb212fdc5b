"""What RabbitMQ holds for the application: its account, virtual host, queues and all that was declared."""

from __future__ import annotations

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

REFUSED, NOT_ALLOWED, UNAUTHORIZED = 403, 530, 401
EVERYTHING = ".*"


@check("rabbitmq/bad_credentials")
def bad_credentials(stack: Stack, seen: Evidence) -> Found | None:
    """The broker does not take the application's password, or the administrator's."""
    broker = seen.section("rabbitmq")
    login = broker.get("login") or {}
    if login.get("code") == REFUSED:
        return Found(f"RabbitMQ refuses the user `{login['username']}`", (login["text"],))
    if broker.get("status") == UNAUTHORIZED:
        return Found(f"RabbitMQ refuses the user `{stack.accounts['admin'].username}`", (broker["fault"],))
    return None


@check("rabbitmq/vhost_missing")
def vhost_missing(stack: Stack, seen: Evidence) -> Found | None:
    """The application's virtual host is not there, or closed to it."""
    login = seen.section("rabbitmq").get("login") or {}
    if login.get("code") != NOT_ALLOWED:
        return None
    vhost, user = login["vhost"], login["username"]
    known = [one["name"] for one in seen.answers("rabbitmq").get("vhosts", ())]
    what = f"the user `{user}` may not enter it" if vhost in known else "it does not exist"
    return Found(f"the virtual host `{vhost}` is closed to the application: {what}", (login["text"],))


@check("rabbitmq/permission_missing")
def permission_missing(stack: Stack, seen: Evidence) -> Found | None:
    """The application may not do everything in its virtual host."""
    vhost, user = stack.app.vhost, stack.app.account.username
    broker = seen.answers("rabbitmq")
    if vhost not in [one["name"] for one in broker.get("vhosts", ())] or not _changed(seen):
        return None
    found = [one for one in broker.get("permissions", ()) if (one["vhost"], one["user"]) == (vhost, user)]
    if not found:
        return Found(f"the user `{user}` has no permissions in the virtual host `{vhost}`")
    less = [kind for kind in ("configure", "write", "read") if found[0][kind] != EVERYTHING]
    if not less:
        return None
    shown = ", ".join(f"{kind} only `{found[0][kind]}`" for kind in less)
    return Found(f"the user `{user}` may in the virtual host `{vhost}` {shown}")


@check("rabbitmq/inequivalent_arg")
def inequivalent_arg(stack: Stack, seen: Evidence) -> Found | None:
    """A queue of the application exists with another type than the one that its workers declare."""
    vhost = stack.app.vhost
    for queue in seen.answers("rabbitmq").get("queues", ()):
        if (
            queue["vhost"] == vhost
            and queue["name"] in stack.app.queues
            and queue.get("type") != stack.app.queue_type
        ):
            said = next((line for name in seen.services if (line := seen.said(name, "inequivalent arg"))), "")
            return Found(
                f"the queue `{queue['name']}` is of type {queue.get('type')}, "
                f"workers declare it as {stack.app.queue_type}",
                (said,),
            )
    return None


@check("rabbitmq/guest_enabled")
def guest_enabled(stack: Stack, seen: Evidence) -> Found | None:
    """The account with the password that everybody knows exists."""
    users = {one["name"]: one for one in seen.answers("rabbitmq").get("users", ())}
    if "guest" not in users or not _changed(seen):
        return None
    tags = users["guest"].get("tags") or []
    shown = ", ".join(tags if isinstance(tags, list) else [tags]) or "no tags"
    return Found(f"the user `guest` exists ({shown})")


@check("rabbitmq/definitions_changed")
def definitions_changed(stack: Stack, seen: Evidence) -> Found | None:
    """Users, permissions, queues or policies are not as they were declared."""
    wrong = _changed(seen)
    return Found(wrong[0]) if wrong else None


def _changed(seen: Evidence) -> list[str]:
    """How the broker differs from what was declared; what somebody declared himself is no trouble."""
    return [one for one in seen.drift("", "definitions") if "cannot be read" not in one]
