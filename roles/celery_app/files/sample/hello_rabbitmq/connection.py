"""Connects to the stack's broker, whose URL is in CELERY_BROKER_URL."""

import os

import pika


def connect() -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(os.environ["CELERY_BROKER_URL"]))
