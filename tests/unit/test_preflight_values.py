"""What preflight refuses in single values: each by its message and hint; unusual but good ones pass."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import model

from tests.unit.healthy import FILE, faults_of, worker


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        (
            {"stack_amqp_port": 70000},
            "`stack_amqp_port` is `70000` and must be from 1 to 65535: the broker's port for AMQP",
            f"write `stack_amqp_port: 5672` in {FILE}",
        ),
        (
            {"stack_redis_port": 0},
            "`stack_redis_port` is `0` and must be from 1 to 65535",
            "stack_redis_port: 6379",
        ),
        ({"stack_redis_port": "redis"}, "`redis` and must be a whole number", "stack_redis_port: 6379"),
        ({"stack_redis_port": True}, "`True` and must be a whole number", "stack_redis_port: 6379"),
        ({"stack_beat_enabled": "maybe"}, "`maybe` and must be true or false", "stack_beat_enabled: true"),
        (
            {"stack_queues": "default"},
            "`stack_queues` is `default` and must be a list",
            "stack_queues: [default]",
        ),
        ({"stack_queues": []}, "`stack_queues` must not be empty", "stack_queues: [default]"),
        ({"stack_app_environment": "A=b"}, "`A=b` and must be a mapping", "correct `stack_app_environment`"),
        ({"stack_celery_set": 5.7}, "`5.7` and must be a text, in quotes", 'stack_celery_set: "5.7"'),
        ({"stack_celery_set": "5.5"}, "`5.5` and must be `5.6` or `5.7`", 'stack_celery_set: "5.7"'),
        ({"stack_user": None}, "`stack_user` must be a text", "stack_user: app"),
        (
            {"stack_queue_type": "lazy"},
            "`lazy` and must be `quorum` or `classic`",
            "stack_queue_type: quorum",
        ),
        ({"stack_vhost": ""}, "`stack_vhost` must not be empty", "stack_vhost: app"),
        ({"stack_vhost": "a\nb"}, "without control characters", "stack_vhost: app"),
        ({"stack_user": "é" * 128}, "1 to 255 bytes", "stack_user: app"),
        ({"stack_admin_user": "a:b"}, "which ends the name in HTTP logins", "stack_admin_user: admin"),
        ({"stack_bind": "not an address"}, "must be an IP address or a host name", "stack_bind: 127.0.0.1"),
        ({"stack_home": "opt"}, "`opt` and must be an absolute path", "stack_home: /opt/rabbitry"),
        (
            {"stack_app_module": "my-app"},
            "`my-app` and must be a dotted Python module",
            "stack_app_module: sample",
        ),
        (
            {"stack_app_django_settings": "shop/settings.py"},
            "`shop/settings.py` and must be a dotted Python module such as `shop.settings`",
            "stack_app_django_settings: shop.settings",
        ),
        ({"stack_app_results": "django-db"}, "must be `redis` or `settings`", "stack_app_results: redis"),
        ({"stack_app_release_commands": "migrate"}, "must be a list", "stack_app_release_commands: ["),
        (
            {"stack_app_release_commands": ["true", "echo 'x"]},
            "`stack_app_release_commands[1]` is `echo 'x` and must be a list of words, or a text",
            "migrate",
        ),
        ({"stack_app_release_commands": [[]]}, "must be a list of words", "migrate"),
        ({"stack_app_release_commands": [{"a": 1}]}, "must be a list of words", "migrate"),
        ({"stack_app_release_commands": [["echo", ["x"]]]}, "must be a list of words", "migrate"),
        ({"stack_longest_task": 0}, "`0` and must be from 1 to 604800", "stack_longest_task: 300"),
        ({"stack_longest_task": 10**6}, "`1000000` and must be from 1 to 604800", "stack_longest_task: 300"),
        ({"stack_disk_free_limit": "lots"}, "must be a size such as `200MB`", "stack_disk_free_limit: 200MB"),
        ({"stack_memory_high_watermark": "x"}, "share of the memory from 0 to 1", "watermark: 0.4"),
        ({"stack_prefetch": -1}, "`-1` and must be from 0 to 65535", "stack_prefetch: 4"),
        ({"stack_open_files": 10}, "`10` and must be from 1024 to", "stack_open_files: 65536"),
        ({"stack_env": "a/b"}, "`a/b` and must be letters, digits", "stack_env: local"),
        ({"stack_queues": ["default", "math", "a b"]}, "`stack_queues[2]` is `a b`", "default"),
        ({"stack_queues": ["default", "math", "amq.x"]}, "beginning neither with `amq.`", "default"),
        ({"stack_queues": ["default", "math", "celery_delayed_1"]}, "nor `celery_delayed_`", "default"),
    ],
)
def test_a_wrong_value_is_refused(changes: dict[str, Any], message: str, hint: str) -> None:
    found = faults_of(changes)
    assert [fault for fault in found if message in fault.message and hint in fault.hint], found


@pytest.mark.parametrize(
    "changes",
    [
        {"stack_vhost": "/", "stack_user": "a/%2F@:\"' b"},
        {"stack_vhost": "%2F ä \"' @:", "stack_user": ":"},
        {"stack_app_password": "/ %2F\"'@:#?&=+$\\", "stack_redis_password": "p%40w d"},
        {"stack_amqp_port": "5673", "stack_beat_enabled": "no"},
        {"stack_bind": "::", "stack_app_module": "my.tasks:celery_app"},
        {"stack_memory_high_watermark": "1GB", "stack_disk_free_limit": 50000000},
        {"stack_app_django_settings": "", "stack_app_secret_key": "", "stack_app_release_commands": []},
        {"stack_app_release_commands": ["python manage.py load 'two words'", ["sh", "-c", "a && b", 3]]},
        {"stack_flower_enabled": False, "stack_flower_port": 6379},
        worker(autoscale="8,2", pool="prefork", time_limit=300, soft_time_limit=270, log_level="INFO"),
    ],
)
def test_unusual_but_good_values_pass(changes: dict[str, Any]) -> None:
    assert faults_of(changes) == []


def test_values_given_as_text_are_converted() -> None:
    stack, faults = model.read_model({"stack_amqp_port": "5673", "stack_beat_enabled": "no"})
    assert (stack, faults) == ({"stack_amqp_port": 5673, "stack_beat_enabled": False}, {})


def test_a_secret_is_never_shown() -> None:
    (fault,) = faults_of({"stack_app_password": "hush\nhush"})
    assert "hush" not in fault.message + fault.hint
    assert fault.message.startswith("`stack_app_password` has a value that is not shown and must be")


def test_all_faults_come_at_once() -> None:
    assert len(faults_of({"stack_amqp_port": 0, "stack_vhost": "", **worker(queues=[])})) == 5
