"""The application of the fault tests: its tasks write down when they began and ended."""

from ledger.celery import app

__all__ = ["app"]
