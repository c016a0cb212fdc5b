"""A healthy model, and the faults that changes to it bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import LINUX
from ansible_collections.rabbitry.stack.plugins.plugin_utils import model, survey
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.ports import WantedPort
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import Wanted
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec import GROUPS

FILE = "inventory/group_vars/all/stack.yml"
HEALTHY: dict[str, Any] = {
    "stack_env": "local",
    "stack_runs_on": "hosts",
    "stack_container_memory": "1GB",
    "stack_broker_nodes": 1,
    "stack_state_dir": "/tmp/state",
    "stack_bind": "127.0.0.1",
    "stack_address": "web1",
    "stack_amqp_port": 5672,
    "stack_management_port": 15672,
    "stack_redis_port": 6379,
    "stack_sentinel_port": 26379,
    "stack_flower_port": 5555,
    "stack_erlang_cookie": "",
    "stack_quorum_group_size": 0,
    "stack_vhost": "app",
    "stack_user": "app",
    "stack_admin_user": "admin",
    "stack_monitor_user": "monitor",
    "stack_flower_user": "flower",
    "stack_vhosts": [{"name": "reports", "default_queue_type": "quorum", "limits": {"max-queues": 9}}],
    "stack_users": [
        {
            "name": "reader",
            "tags": ["monitoring"],
            "permissions": [{"vhost": "reports", "configure": "", "write": "^events", "read": "^$"}],
            "topic_permissions": [
                {"vhost": "reports", "exchange": "events", "write": "^eu[.]", "read": ".*"},
                {"exchange": "amq.topic", "write": "", "read": ""},
            ],
            "limits": {"max-channels": 5},
        }
    ],
    "stack_exchanges": [{"vhost": "reports", "name": "events", "type": "topic"}],
    "stack_extra_queues": [{"vhost": "reports", "name": "disk", "arguments": {"x-max-length": 9}}],
    "stack_bindings": [
        {"vhost": "reports", "source": "events", "destination": "disk", "routing_key": "*.error"},
        {"source": "tasks", "destination": "math", "routing_key": "sums"},
    ],
    "stack_policies": [{"name": "short", "pattern": "^x", "definition": {"max-length": 9}}],
    "stack_operator_policies": [
        {"vhost": "reports", "name": "cap", "pattern": "", "apply-to": "queues", "definition": {"expires": 9}}
    ],
    "stack_parameters": [{"component": "shovel", "name": "s", "value": {"src-uri": "amqp://"}}],
    "stack_prune": False,
    "stack_apps": [],
    "stack_app_source": "",
    "stack_app_install": "auto",
    "stack_app_venv": "",
    "stack_app_python": "",
    "stack_app_index": "",
    "stack_app_module": "sample",
    "stack_app_requirements": "",
    "stack_app_django_settings": "shop.settings",
    "stack_app_secret_key": "s3cret-key",
    "stack_app_release_commands": ["python -m django migrate --noinput", ["python", "-m", "load", 3]],
    "stack_app_results": "settings",
    "stack_app_environment": {"LANG": "C.UTF-8", "RETRIES": 3},
    "stack_app_keep_releases": 3,
    "stack_app_deploy_deadline": 60,
    "stack_rabbitmq_source": "distribution",
    "stack_rabbitmq_vendor_url": "",
    "stack_rabbitmq_vendor_version": "4.2.10",
    "stack_rabbitmq_vendor_erlang_version": "27.3.4",
    "stack_rabbitmq_vendor_key": "",
    "stack_home": "/opt/rabbitry",
    "stack_celery_set": "5.7",
    "stack_queue_type": "quorum",
    "stack_exchange": "tasks",
    "stack_queues": ["default", "math"],
    "stack_workers": [
        {"name": "default", "queues": ["default", "math"], "concurrency": 2, "autoscale": None}
    ],
    "stack_prefetch": 4,
    "stack_longest_task": 300,
    "stack_beat_enabled": True,
    "stack_flower_enabled": True,
    "stack_shell_path_users": ["dev"],
    "stack_open_files": 65536,
    "stack_memory_high_watermark": 0.4,
    "stack_disk_free_limit": "200MB",
    **{f"stack_{name}_password": "s3cret" for name in ("app", "admin", "monitor", "redis", "flower")},
}
EVERYWHERE = {group: ["web1"] for group in GROUPS}


def faults_of(
    changes: Mapping[str, Any], groups: Mapping[str, list[str]] = EVERYWHERE, **more: Any
) -> list[Fault]:
    stack, refused = model.read_model({**HEALTHY, **changes})
    faults = [fault for found in refused.values() for fault in found]
    return faults + survey.check(stack, survey.Survey(host="web1", groups=groups, **more))


def worker(**changes: Any) -> dict[str, Any]:
    one = {"name": "default", "queues": ["default", "math"], **changes}
    return {"stack_workers": [{key: value for key, value in one.items() if value != "absent"}]}


WANTED = Wanted(
    host="web1",
    env="local",
    groups=tuple(GROUPS),
    ports=(
        WantedPort(number=5672, bind="127.0.0.1", purpose="AMQP", variable="stack_amqp_port"),
        WantedPort(number=4369, bind="127.0.0.1", purpose="epmd", shared_with=("epmd", "systemd")),
    ),
    celery=(("5.7", "quorum"),),
    disk_limit=200_000_000,
    processes=2,
)
SEEN: dict[str, Any] = {
    "ahead": [0.0, 0.1],
    "os": {"system": "Linux", "id": "debian", "version": "13", "name": "Debian GNU/Linux 13 (trixie)"},
    "layout": LINUX.facts(),
    "uid": 0,
    "user": "root",
    "python": {"version": "3.13.5", "executable": "/usr/bin/python3"},
    "package_manager": "apt",
    "cpus": 2,
    "container": "",
    "supervisor": "systemd",
    "host_name": "web1",
    "resolve_error": "",
    "memory": {"total": 4 * 2**30, "available": 2 * 2**30},
    "disks": [
        {"path": path, "device": 1, "free": 10 * 2**30} for path in ("/var/lib", "/usr", "/opt/rabbitry")
    ],
    "packages": {"rabbitmq-server": {"installed": "", "candidate": ""}},
    "listeners": [],
    "strangers": [],
    "data": {"rabbitmq": False},
    "recorded": {},
    "vendor": False,
    "seal": None,
    "env": "",
    "drift": [],
}


def listener(port: int, program: str = "nginx", **more: Any) -> dict[str, Any]:
    """A listening socket as the probe reports it, held by a program that is not ours."""
    common: dict[str, Any] = {"address": "127.0.0.1", "pid": 4242, "user": "root", "unit": "", "service": ""}
    return {**common, "suspects": [], "ours": False, "port": port, "program": program, **more}
