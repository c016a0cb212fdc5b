"""What happens by signals. They run in the process and the transaction of the sender; tasks do not."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from orders.models import Note, Order
from orders.signals import order_paid
from orders.tasks import confirm, make_invoice


@receiver(pre_save, sender=Order)
def tidy(instance: Order, **_: Any) -> None:
    """Before the row is written: what is changed here is saved."""
    instance.customer = instance.customer.strip().title()


@receiver(post_save, sender=Order)
def ordered(instance: Order, created: bool, **_: Any) -> None:
    """After the row was written, and before anybody else can see it."""
    Note.objects.create(order=instance, text="post_save, created" if created else "post_save, changed")
    if created:
        # Only once it is committed: a worker that is quicker would find no such order.
        transaction.on_commit(partial(confirm.delay, instance.pk))


@receiver(order_paid)
def paid(order: Order, **_: Any) -> None:
    Note.objects.create(order=order, text="order_paid")
    transaction.on_commit(partial(make_invoice.delay, order.pk))
