"""URLs carry every character through to the libraries that read them."""

from __future__ import annotations

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils.url import (
    amqp_url,
    amqp_urls,
    redis_url,
    sentinel_url,
)
from kombu import Connection
from redis.connection import parse_url

NASTY = ["s3cret", "p@ss:w/rd", "100%2F", "a b+c", "ä€'\"\\`$#?&", "[::1]", "/", "%"]


@pytest.mark.parametrize("password", NASTY)
@pytest.mark.parametrize("vhost", ["app", *NASTY])
def test_kombu_reads_back_what_went_into_an_amqp_url(password: str, vhost: str) -> None:
    connection = Connection(amqp_url("us/er@", password, "127.0.0.1", 5672, vhost))
    assert (connection.userid, connection.password) == ("us/er@", password)
    assert (connection.hostname, connection.port, connection.virtual_host) == ("127.0.0.1", 5672, vhost)


@pytest.mark.parametrize("password", NASTY)
def test_redis_reads_back_what_went_into_its_url(password: str) -> None:
    found = parse_url(redis_url(password, "localhost", 6379, 3))
    assert (found["password"], found["host"], found["port"], found["db"]) == (password, "localhost", 6379, 3)
    assert "username" not in found


def test_a_redis_user_and_an_empty_password_have_their_places() -> None:
    assert redis_url("p", "h", 1, user="u") == "redis://u:p@h:1/0"
    assert redis_url("", "h", 1) == "redis://h:1/0"


def test_ipv6_addresses_are_bracketed() -> None:
    assert amqp_url("u", "p", "::1", 5672, "app") == "amqp://u:p@[::1]:5672/app"


def test_the_nodes_of_a_cluster_are_urls_in_one_text_as_kombu_takes_them() -> None:
    text = amqp_urls("u", "p;w", ["one", "two"], 5672, "app")
    assert text == "amqp://u:p%3Bw@one:5672/app;amqp://u:p%3Bw@two:5672/app"
    assert [Connection(url).hostname for url in Connection(text).alt] == ["one", "two"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", "p", "h", 1, "v"), "the user of an AMQP URL is empty"),
        (("u", "p", "h", 1, ""), "the virtual host of an AMQP URL is empty"),
        (("u", "p", "a/b", 1, "v"), "host `a/b` cannot stand in a URL"),
        (("u", "p", "h", 65536, "v"), "port `65536` of host `h` is not between 1 and 65535"),
    ],
)
def test_what_cannot_be_dialled_is_refused(arguments: tuple[str, str, str, int, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        amqp_url(*arguments)


def test_a_negative_database_is_refused() -> None:
    with pytest.raises(ValueError, match="`-1` is negative"):
        redis_url("p", "h", 1, -1)


def test_each_sentinel_has_a_url_with_the_password() -> None:
    password = "p;@/:"
    urls = sentinel_url(password, ["10.0.0.1", "::1"], 26379, 2).split(";")
    assert urls == ["sentinel://:p%3B%40%2F%3A@10.0.0.1:26379/2", "sentinel://:p%3B%40%2F%3A@[::1]:26379/2"]
    with pytest.raises(ValueError, match="not a list of at least one host"):
        sentinel_url(password, [], 26379)
