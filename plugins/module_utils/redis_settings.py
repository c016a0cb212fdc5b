"""Compare what a Redis configuration declares with what the running server says of itself; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A line of several values, each later one added to those before; an empty one takes them away.
GROWING = ("save",)
# They say how to start, and the server does not tell of them.
UNTOLD = ("include", "loadmodule", "rename-command", "user")
# Where Redis writes: whoever can change it makes Redis write any file, a known way into a host.
GUARDED = ("dir", "dbfilename", "appenddirname", "appendfilename")
UNITS = {"": 1, "b": 1, "k": 1000, "kb": 1024, "m": 10**6, "mb": 2**20, "g": 10**9, "gb": 2**30}
SIZE = re.compile(r"(\d+)([kmg]?b?)\Z", re.I)
ESCAPED = re.compile(r"\\(.)")
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'|(\S+)')

Settings = dict[str, list[str]]


@dataclass(frozen=True)
class Difference:
    """One setting that the running server has otherwise."""

    name: str
    live: str
    declared: str

    def __str__(self) -> str:
        return f"{self.name} {self.declared}"


def parse(text: str) -> Settings:
    """The words of each setting in the text of a redis.conf, the last line of a name counts."""
    found: Settings = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, *words = [ESCAPED.sub(r"\1", a) or b or c for a, b, c in WORD.findall(line)]
        name = name.lower()
        words = [word for word in words if word]
        found[name] = [*found.get(name, []), *words] if name in GROWING and words else words
    return {name: words for name, words in found.items() if name not in UNTOLD}


def differences(declared: Mapping[str, Sequence[str]], live: Mapping[str, str]) -> list[Difference]:
    """The declared settings that the server has otherwise; those that it does not know are left out."""
    return [
        Difference(name, live[name], " ".join(words))
        for name, words in declared.items()
        if name in live and not same(name, words, live[name].split(" "))
    ]


def same(name: str, declared: Sequence[str], live: Sequence[str]) -> bool:
    """Whether two spellings are one value: sizes by their bytes, flags in any order, paths to the letter."""
    if name in GUARDED:
        return " ".join(declared) == " ".join(live)
    mine, theirs = ([_plain(word) for word in words if word] for words in (declared, live))
    if name == "notify-keyspace-events":
        return sorted("".join(declared)) == sorted("".join(live))
    if name == "client-output-buffer-limit":
        # One class may be declared, and the server tells all of them.
        groups = [theirs[at : at + 4] for at in range(0, len(theirs), 4)]
        return all(mine[at : at + 4] in groups for at in range(0, len(mine), 4))
    return mine == theirs


def access(password: str) -> list[str]:
    """The rules of the user `default`, as `ACL LIST` says them."""
    return ["on", fingerprint(password), "~*", "&*", "+@all"]


def fingerprint(password: str) -> str:
    """The rule that lets a user in by this password; a user may have several."""
    return f"#{hashlib.sha256(password.encode()).hexdigest()}"


def rules(listed: Sequence[str]) -> dict[str, list[str]]:
    """The rules of each user in the answer to `ACL LIST`, without what is the same for all."""
    users = {}
    for line in listed:
        _, name, *words = line.split()
        users[name] = [word for word in words if word != "sanitize-payload"]
    return users


def shown(differences: Sequence[Difference]) -> dict[str, str]:
    """Ansible's before and after, one line a setting."""
    return {
        "before": "".join(f"{one.name} {one.live}".rstrip() + "\n" for one in differences),
        "after": "".join(f"{one.name} {one.declared}".rstrip() + "\n" for one in differences),
    }


def _plain(word: str) -> str:
    if "/" in word:
        return word
    word = word.lower()
    found = SIZE.match(word)
    if found:
        return str(int(found[1]) * UNITS[found[2]])
    return "slave" if word == "replica" else word
