"""The feature flags of a running broker, and what clients use that a later release takes away."""

from __future__ import annotations

from urllib.parse import quote

from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import Fields
from ansible_collections.rabbitry.stack.plugins.module_utils.management import ManagementError

# The numbers of the management API count as deprecated since RabbitMQ 4; Flower and `inv status` need them.
OURS = ("management_metrics_collection",)
PAGE = "RabbitMQ's page docs/deprecated-features"


def disabled(flags: list[Fields]) -> list[str]:
    """Return the stable flags that are not enabled, from the answer of ``GET /api/feature-flags``."""
    return sorted(one["name"] for one in flags if one["stability"] == "stable" and one["state"] == "disabled")


def enable(broker: Broker, check: bool) -> list[str]:
    """Enable all stable flags, without which a later release refuses the data; return which; BrokerError."""
    wanted = disabled(broker.get("/api/feature-flags"))
    for name in () if check else wanted:
        broker.put(f"/api/feature-flags/{quote(name, safe='')}/enable", {"name": name})
    return wanted


def deprecated(broker: Broker) -> list[str]:
    """Return a sentence for each deprecated feature in use; before RabbitMQ 3.13 nobody counts them."""
    try:
        found = broker.api.request("GET", "/api/deprecated-features/used")
    except ManagementError as error:
        if error.status in (404, 405):
            return []
        raise
    return [sentence(one) for one in found if one["name"] not in OURS]


def sentence(feature: Fields) -> str:
    """Say that a deprecated feature is in use, and how far RabbitMQ is with taking it away."""
    phase = str(feature.get("deprecation_phase", "")).replace("_", " ")
    text = str(feature.get("desc") or feature.get("description") or "").strip()
    return (
        f"`{feature['name']}` is in use and deprecated"
        + (f" ({phase})" if phase else "")
        + (f": {text}" if text else "")
    )
