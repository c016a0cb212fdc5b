"""Places an order and waits for its tasks: `python manage.py order alice 1250 --pay`."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from orders.models import Order
from orders.signals import order_paid

PATIENCE = 20.0


class Command(BaseCommand):
    help = "Place an order, and pay it with --pay; print what signals and tasks did."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer")
        parser.add_argument("cents", type=int)
        parser.add_argument("--pay", action="store_true")

    def handle(self, *args: Any, **given: Any) -> None:
        with transaction.atomic():
            order = Order.objects.create(customer=given["customer"], cents=given["cents"])
        if given["pay"]:
            with transaction.atomic():
                order.is_paid = True
                order.save()
                order_paid.send(sender=Order, order=order)
        # Two notes of the order's creation; two of its payment's signals and one of their task.
        wanted = 5 if given["pay"] else 2
        end = time.monotonic() + PATIENCE
        while order.notes.count() < wanted and time.monotonic() < end:
            time.sleep(0.1)
        self.stdout.write(f"order {order.pk} of {order.customer}")
        for note in order.notes.all():
            self.stdout.write(f"  {note.text}")
