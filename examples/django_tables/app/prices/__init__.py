"""Prices: a task, and the row of the schedule that sends it."""
