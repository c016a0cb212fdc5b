"""Brings a running Redis to its declared settings, by CONFIG SET or, where that is refused, by a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ansible_collections.rabbitry.stack.plugins.module_utils import redis_settings
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_settings import Difference, Settings
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import (
    NotReady,
    Refused,
    Session,
    wait,
)

USER = "default"
LOGIN = Difference(f"login of user {USER}", "refused", "as declared")
# Its value is a secret, so it is never told.
MASTER_LOGIN = Difference("masterauth", "another", "as declared")
ACCESS = Difference(f"rules of user {USER}", "others", "as declared")
# What is answered when the password is another one, the user was turned off, or may not look at settings.
WRONG = "WRONGPASS"
LOGIN_REFUSED = (WRONG, "NOAUTH", "NOPERM")


class Different(Exception):
    """The server does not become what is declared; `hint` is a command that can be pasted."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass
class Outcome:
    """What differed, whether the server was restarted for it, and users that nobody declared."""

    changes: list[Difference] = field(default_factory=list)
    restarted: bool = False
    undeclared: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A Redis and what is declared of it; `restart` starts it anew and returns when it listens.

    One that `replicates` logs in to its master by the same password.
    By the `former` password the declared one is let in without a restart; kept, both are good from then on.
    """

    host: str
    port: int
    password: str
    declared: Settings
    timeout: float
    restart: Callable[[], None]
    former: str = ""
    keep_former: bool = False
    replicates: bool = False

    @classmethod
    def of(cls, entry: Mapping[str, Any], password: str) -> Self:
        """The server of a ledger's entry, only to be looked at."""
        place = {"host": entry["host"], "port": entry["port"], "declared": entry["declared"]}
        place["replicates"] = bool(entry.get("replicates"))
        return cls(**place, password=password, timeout=0, restart=_untouched)

    def predict(self) -> Outcome:
        """What `converge` would change; nothing on a server that is not there."""
        try:
            with Session(self.host, self.port, self.password) as session:
                return self._look(session)
        except NotReady:
            return Outcome()
        except Refused as refused:
            if refused.code not in LOGIN_REFUSED:
                raise
            return Outcome([LOGIN], restarted=self.former in ("", self.password))

    def converge(self) -> Outcome:
        """Do it. Raises NotReady, Refused, Different, and what `restart` raises."""
        try:
            with wait(self.host, self.port, self.password, self.timeout) as session:
                outcome = self._look(session)
                self._refuse_guarded(outcome.changes)
                left = [one for one in outcome.changes if not self._set(session, one)]
                if not left:
                    left = self._look(session).changes
        except Refused as refused:
            if refused.code not in LOGIN_REFUSED:
                raise
            if refused.code == WRONG and self._let_in():
                later = self.converge()
                return replace(later, changes=[LOGIN, *later.changes])
            return self._restart(Outcome([LOGIN]))
        return self._restart(outcome) if left else outcome

    def _let_in(self) -> bool:
        """Whether the former password is good, and now the declared one beside it."""
        if not self.former:
            return False
        try:
            with Session(self.host, self.port, self.former) as session:
                session.call("ACL", "SETUSER", USER, redis_settings.fingerprint(self.password))
        except (NotReady, Refused):
            return False
        return True

    def _restart(self, outcome: Outcome) -> Outcome:
        self.restart()
        with wait(self.host, self.port, self.password, self.timeout) as session:
            left = self._look(session).changes
        if left:
            one = left[0]
            raise Different(
                f"Redis at {self.host}:{self.port} has `{one.name} {one.live}` also after a restart, "
                f"and `{one.declared}` is declared",
                f"redis-cli -h {self.host} -p {self.port} --askpass CONFIG GET {one.name}",
            )
        return Outcome(outcome.changes, True, outcome.undeclared)

    def _look(self, session: Session) -> Outcome:
        live = session.pairs("CONFIG", "GET", "*")
        changes = redis_settings.differences(self.declared, live)
        listed = session.call("ACL", "LIST")
        users = redis_settings.rules([str(one) for one in listed] if isinstance(listed, list) else [])
        rules = set(users.get(USER, []))
        if self.keep_former:
            rules.discard(redis_settings.fingerprint(self.former))
        if rules != set(redis_settings.access(self.password)):
            changes.append(ACCESS)
        if self.replicates and live.get("masterauth") != self.password:
            changes.append(MASTER_LOGIN)
        return Outcome(changes, undeclared=[f"user `{name}`" for name in users if name != USER])

    def _set(self, session: Session, change: Difference) -> bool:
        """Whether the server took it while it runs."""
        words = ["CONFIG", "SET", change.name, change.declared]
        if change is ACCESS:
            words = ["ACL", "SETUSER", USER, "reset", *redis_settings.access(self.password)]
        elif change is MASTER_LOGIN:
            words = ["CONFIG", "SET", "masterauth", self.password]
        try:
            session.call(*words)
        except Refused:
            return False
        return True

    def _refuse_guarded(self, changes: list[Difference]) -> None:
        for one in changes:
            if one.name in redis_settings.GUARDED:
                raise Different(
                    f"Redis at {self.host}:{self.port} has `{one.name} {one.live}` and `{one.declared}` is "
                    f"declared: somebody set where it writes, as intruders do",
                    f"redis-cli -h {self.host} -p {self.port} --askpass CONFIG GET dir dbfilename",
                )


def _untouched() -> None:
    raise AssertionError("this server is only looked at")
