"""Tasks on the queue `math` (see task_routes in celeryconfig.py), which a worker of its own can consume."""

from celery import shared_task


@shared_task
def multiply(x: float, y: float) -> float:
    return x * y


@shared_task
def total(numbers: list[float]) -> float:
    """The end of a chord: `chord([multiply.s(n, n) for n in range(4)])(total.s())`."""
    return sum(numbers)
