"""Connects to the stack's broker, whose URL is in CELERY_BROKER_URL."""

import os

import pika


def connect() -> pika.BlockingConnection:
    # Several brokers have a URL each: the first one that answers is taken.
    urls = os.environ["CELERY_BROKER_URL"].split(";")
    return pika.BlockingConnection([pika.URLParameters(url) for url in urls])
