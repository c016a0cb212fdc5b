"""Counts tasks by Celery's signals: what was sent is counted in the sender, what was run in the worker."""

from collections import Counter
from typing import Any

from celery.signals import after_task_publish, task_failure, task_prerun, task_retry, task_success
from celery.utils.log import get_task_logger

logger = get_task_logger(__name__)
counts: Counter[str] = Counter()


@after_task_publish.connect
def count_sent(**_: Any) -> None:
    counts["sent"] += 1


@task_prerun.connect
def count_started(**_: Any) -> None:
    counts["started"] += 1


@task_success.connect
def count_succeeded(sender: Any, **_: Any) -> None:
    counts["succeeded"] += 1
    logger.debug("%s succeeded; so far in this process: %s", sender.name, dict(counts))


@task_retry.connect
def count_retried(**_: Any) -> None:
    counts["retried"] += 1


@task_failure.connect
def count_failed(sender: Any, exception: Exception, **_: Any) -> None:
    counts["failed"] += 1
    logger.warning("%s failed: %r; so far in this process: %s", sender.name, exception, dict(counts))
