"""A password with every awkward character arrives as it was written, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
import redis

from tests.support.backend import Backend
from tests.support.remote import Remote

OTHERS = ["#", "-\\"]


def test_the_password_is_let_in(backend: Backend) -> None:
    assert backend.client().ping()


def test_so_is_a_url_with_it(backend: Backend, machine: Remote) -> None:
    url = f"redis://:{quote(machine.vars['redis_password'], safe='')}@127.0.0.1:{backend.port}/0"
    assert redis.Redis.from_url(url).ping()


@pytest.mark.parametrize("cut", [1, 5])
def test_a_part_of_it_is_refused(backend: Backend, machine: Remote, cut: int) -> None:
    whole = machine.vars["redis_password"]
    for part in (whole[cut:], whole[:-cut], whole.partition("#")[0]):
        assert "invalid username-password pair" in backend.refuses(part)


@pytest.mark.parametrize("password", OTHERS)
def test_it_can_be_rotated_to(backend: Backend, converge: Callable[..., int], password: str) -> None:
    assert converge(redis_password=password) > 0
    assert backend.client(password).ping()


def test_it_is_in_no_command_line_log_or_file(
    backend: Backend, machine: Remote, converge: Callable[..., int]
) -> None:
    assert converge() > 0
    secret = re.sub(r"[^ -~]", ".", machine.vars["redis_password"])[:20]
    places = "/proc/[0-9]*/cmdline /etc /var/log /var/lib/rabbitry /run/rabbitry /var/lib/redis"
    # The pattern comes by a file, so that grep's own command line does not hold it.
    machine.write("/root/pattern", secret, mode="0600")
    found = machine.run(f"grep -rlFaf /root/pattern {places} 2>/dev/null", check=False)
    assert (found.rc, found.out) == (1, "")
