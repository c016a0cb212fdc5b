"""Finds known troubles: evidence of every host, pure checks on it, findings."""
