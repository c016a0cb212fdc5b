"""Connects the signals when Django has loaded the models, in every process."""

from importlib import import_module

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("orders.receivers")
