"""Passwords that leave in no form: plain, quoted for a URL, encoded for HTTP, on a command line."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.masking import masked

SECRET = "s3cret pass/@:%\"'"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        json.dumps({"password": SECRET})[1:-1],
    ],
)
def test_a_known_secret_leaves_in_no_form(form: str) -> None:
    document = {"lines": [f"before {form} after"], "more": {"deep": (form,)}}
    text = json.dumps(masked(document, [SECRET]))
    assert "s3cret" not in text
    assert "before" in text and "after" in text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("amqp://app:other@web1:5672/app", "amqp://app:***@web1:5672/app"),
        ("redis://:other@web1:6379/0", "redis://:***@web1:6379/0"),
        ("amqp://guest:guest@127.0.0.1//", "amqp://guest:guest@127.0.0.1//"),
        (
            "consumer: Cannot connect to amqp://app:**@h//: no",
            "consumer: Cannot connect to amqp://app:**@h//: no",
        ),
        ("redis-cli -a other ping", "redis-cli -a *** ping"),
        ("flower --basic_auth=me:other", "flower --basic_auth=***"),
        (
            "ValueError: Port could not be cast to integer value as 'pa'",
            "ValueError: Port could not be cast to integer value as '***'",
        ),
        ("invalid literal for int() with base 10: 'o'ther'", "invalid literal for int() with base 10: '***'"),
        ("requirepass other", "requirepass ***"),
        ("amqp://u:p@ss'w@h/v failed", "amqp://u:***@h/v failed"),
        ("beam.smp -setcookie other -name a", "beam.smp -setcookie *** -name a"),
        ("flower --cookie_secret=abc --oauth2_secret=xyz", "flower --cookie_secret=*** --oauth2_secret=***"),
        ("--requirepass 'two words' --port 1", "--requirepass *** --port 1"),
        ("{'password': 'hunter2', 'host': 'h'}", "{'password': ***, 'host': 'h'}"),
        ("FATAL: password=hunter2 host=h", "FATAL: password=*** host=h"),
        ("Redis refuses the password at h:1", "Redis refuses the password at h:1"),
        ("WRONGPASS invalid username-password pair", "WRONGPASS invalid username-password pair"),
    ],
)
def test_an_unknown_password_is_hidden_where_one_must_be(line: str, shown: str) -> None:
    assert masked(line, []) == shown


@pytest.mark.parametrize("password", ["redis", "rabbitmq", "celery"])
def test_a_password_that_is_an_everyday_word_hides_no_evidence(password: str) -> None:
    found = {"redis": {"fault": "redis-server refuses"}, "rabbitmq": {"celery@web1": []}}
    assert masked(found, [password]) == found


def test_the_names_in_a_document_stay() -> None:
    assert masked({"settings": {"save": "settings"}}, ["settings"]) == {"settings": {"save": "***"}}


def test_what_is_no_text_and_what_is_too_short_stays() -> None:
    assert masked([1, None, True, 1.5, "the app"], ["app", ""]) == [1, None, True, 1.5, "the app"]
