"""The tasks. Each is given an order's number and not the order: it may have changed until the task runs."""

from celery import current_task, shared_task
from celery.utils.log import get_task_logger

from orders.models import Note, Order

logger = get_task_logger(__name__)


def note(text: str, order: int | None = None) -> None:
    queue = current_task.request.delivery_info["routing_key"]
    Note.objects.create(order_id=order, text=f"{text}, from queue {queue}")


@shared_task
def confirm(order: int) -> str:
    customer: str = Order.objects.get(pk=order).customer
    note("confirmed", order)
    return customer


@shared_task
def make_invoice(order: int) -> int:
    cents: int = Order.objects.get(pk=order).cents
    note("invoice made", order)
    return cents


@shared_task(ignore_result=True)
def count_open() -> None:
    logger.info("%s orders are not paid", Order.objects.filter(is_paid=False).count())


@shared_task(ignore_result=True)
def close_day() -> None:
    logger.info("%s orders in all", Order.objects.count())
