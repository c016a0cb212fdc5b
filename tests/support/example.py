"""An example of examples/ on a test host: how it is deployed, and how its programs are run there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tests.support import application
from tests.support.checkout import Checkout
from tests.support.hosts import Host, Result

# With this, the environment's state and passwords stay while one example replaces another.
ENVIRONMENT = "local"
UP, SMOKE = 300, 90


@dataclass(frozen=True)
class Example:
    """One example on a stack that carries one application at a time; `name` is its folder."""

    checkout: Checkout
    name: str

    @property
    def host(self) -> Host:
        return self.checkout.host

    def inv(self, verb: str, *arguments: str, seconds: float = SMOKE) -> Result:
        """Run a verb for this example's inventory."""
        inventory = f"examples/{self.name}/inventory.yml"
        return self.checkout.inv(verb, "--env", ENVIRONMENT, "-i", inventory, *arguments, seconds=seconds)

    def changed(self) -> int:
        """Return how many tasks of the last `up` changed something."""
        return self.checkout.changed(ENVIRONMENT)

    def run(self, *words: str, seconds: float = 60, check: bool = True) -> Result:
        """Run a program of the application's environment, as the account of its services: `python -m …`."""
        return self.host.run(
            application.command(*words), user="celery", seconds=seconds, check=check, cwd=application.HOME
        )


class Deployed:
    """What every example keeps, in this order; a subclass adds what it promises beyond."""

    name: ClassVar[str]

    def test_up_deploys_it(self, example: Example) -> None:
        example.inv("up", seconds=UP)

    def test_smoke_is_green(self, example: Example) -> None:
        example.inv("smoke", seconds=SMOKE)

    def test_a_second_up_changes_nothing(self, example: Example) -> None:
        example.inv("up", seconds=UP)
        assert example.changed() == 0
