"""The checks, a module for each service and kind of trouble; `registry` imports them all."""
