"""What is kept of an order, and what was done for it."""

from django.db import models


class Order(models.Model):
    customer = models.CharField(max_length=80)
    cents = models.PositiveIntegerField()
    is_paid = models.BooleanField(default=False)

    class Meta:
        app_label = "orders"


class Note(models.Model):
    """A line for each signal and task, in the order of events."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="notes")
    text = models.CharField(max_length=200)

    class Meta:
        app_label = "orders"
        ordering = ("pk",)
