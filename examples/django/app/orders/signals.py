"""A signal of our own: sent when an order has been paid, with `order`."""

from django.dispatch import Signal

order_paid = Signal()
