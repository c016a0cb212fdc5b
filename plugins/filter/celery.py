"""Filters that describe Celery, its programs and their files: settings, timeouts, services, environment."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.rabbitry.stack.plugins.module_utils.envfile import environment_file
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery import celery_settings, celery_timeouts
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery_workers import celery_worker_services
from ansible_collections.rabbitry.stack.plugins.plugin_utils.flower import flower_config


def _filter(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError) as error:
            raise AnsibleFilterError(f"{function.__name__}: {error}") from error

    return call


class FilterModule:
    """The names under which Ansible finds these filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        functions = (
            celery_settings,
            celery_timeouts,
            celery_worker_services,
            environment_file,
            flower_config,
        )
        return {function.__name__: _filter(function) for function in functions}
