"""Orders: a model, signals around it, and the tasks that they queue."""
