"""A lock in Redis that has an owner: whoever took it can give it back, and nobody else."""

from typing import Any

# Redis runs a script as a whole, so nobody comes between looking and doing.
TAKE = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then
  return owner
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
"""
GIVE_BACK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
"""


def take(client: Any, key: str, token: str, seconds: float) -> str:
    """Take the lock, or renew it when `token` has it already; return the token of its owner.

    It goes by itself after `seconds`, for an owner that was lost.
    """
    owner: bytes = client.register_script(TAKE)(keys=[key], args=[token, int(seconds * 1000)])
    return owner.decode()


def give_back(client: Any, key: str, token: str) -> bool:
    """Give the lock back; false when it is not `token`'s any more: then it stays as it is."""
    return bool(client.register_script(GIVE_BACK)(keys=[key], args=[token]))
