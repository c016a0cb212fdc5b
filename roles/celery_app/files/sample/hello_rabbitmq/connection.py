"""Connects to the stack's broker, whose URL is in CELERY_BROKER_URL."""

import os

import pika


def connect() -> pika.BlockingConnection:
    # Of a cluster there is one for each node, and the first that answers is taken.
    return pika.BlockingConnection(list(map(pika.URLParameters, os.environ["CELERY_BROKER_URL"].split(";"))))
