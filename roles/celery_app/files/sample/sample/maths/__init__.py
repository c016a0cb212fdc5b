"""Tasks of their own package, on their own queue."""
