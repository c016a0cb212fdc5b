"""What Flower promises."""

from __future__ import annotations

import pytest

from rabbitry.cause import blaming
from rabbitry.clients import Clients
from rabbitry.model import Stack
from rabbitry.promise import Broken


@pytest.fixture(autouse=True)
def _needs_flower(stack: Stack) -> None:
    if stack.app.flower is None:
        pytest.skip("this application has no Flower")


def test_flower_refuses_a_client_without_the_password(clients: Clients, stack: Stack) -> None:
    name = service(stack)
    for page in ("/", "/api/workers"):
        with blaming(name, stack.where(stack.app.flower)):
            status = clients.flower(page, login=False).status
        if status != 401:
            raise Broken(f"{name} answers {status} to a stranger who asks for {page}", service=name)


@pytest.mark.promise(needs=("amqp", "publishing", "flower"))
def test_flower_lists_every_worker_with_its_queues(clients: Clients, stack: Stack) -> None:
    name = service(stack)
    with blaming(name, stack.where(stack.app.flower)):
        # Asks the workers; what Flower remembers may be empty or outlive them.
        response = clients.flower("/api/workers?refresh=1")
    if response.status != 200:
        raise Broken(f"{name} answers {response.status} to its own user", service=name, hint="./inv up")
    listed = {
        (node.partition("@")[0], queue["name"])
        for node, known in response.json().items()
        for queue in known.get("active_queues") or []
    }
    for worker in stack.app.workers:
        for queue in worker.queues:
            if (worker.name, queue) not in listed:
                raise Broken(
                    f"{name} does not list queue {queue} of {worker.service}", service=worker.service
                )


def service(stack: Stack) -> str:
    """What the application's Flower is called."""
    assert stack.app.flower is not None
    return stack.app.flower.service
