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
    document = {"lines": [f"before {form} after"], form: {"deep": (form,)}}
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
        ("WRONGPASS invalid username-password pair", "WRONGPASS invalid username-password pair"),
    ],
)
def test_an_unknown_password_is_hidden_where_one_must_be(line: str, shown: str) -> None:
    assert masked(line, []) == shown


def test_what_is_no_text_and_what_is_too_short_stays() -> None:
    assert masked([1, None, True, 1.5, "the app"], ["app", ""]) == [1, None, True, 1.5, "the app"]
