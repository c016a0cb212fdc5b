"""Filters for a stack of several brokers: names of nodes, and who is tried first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils import cluster


class FilterModule:
    """The names under which Ansible finds these filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "node_name": cluster.node_name,
            "long_names": cluster.long_names,
            "group_size": cluster.group_size,
            "own_first": cluster.own_first,
        }
