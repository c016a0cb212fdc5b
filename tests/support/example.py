"""An example of examples/ on a test host: how it is deployed, and how its programs are run there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.support import application
from tests.support.checkout import CLONE, Checkout
from tests.support.hosts import Host, Result
from tests.support.service import HostService

# With this, the environment's state and passwords stay while one example replaces another.
ENVIRONMENT = "local"
UP, SMOKE = 600, 120


# Arguments: the address, what is posted if anything, the file with the password.
ASK = """\
import base64, pathlib, sys, urllib.request
password = pathlib.Path(sys.argv[3]).read_text().strip()
login = base64.b64encode(f"flower:{password}".encode()).decode()
request = urllib.request.Request(sys.argv[1], sys.argv[2].encode() or None)
request.add_header("Authorization", f"Basic {{login}}")
print(urllib.request.urlopen(request, timeout=20).read().decode())
"""


@dataclass(frozen=True)
class Example:
    """One example on a stack; `name` is its folder, `app` what it is called where it is one of several."""

    checkout: Checkout
    name: str
    app: str = ""
    # The folder of the inventory by which it is there.
    by: str = ""

    @property
    def host(self) -> Host:
        return self.checkout.host

    @property
    def vhost(self) -> str:
        return self.app or "app"

    @property
    def account(self) -> str:
        """The account of its services."""
        return application.account(self.app)

    @property
    def home(self) -> str:
        """Where its code is."""
        return application.home(self.app)

    @property
    def flower_port(self) -> int:
        """Where its Flower listens."""
        stack = json.loads(self.host.read(f"{CLONE}/.state/{ENVIRONMENT}/stack.json"))
        port: int = next(app["flower"]["port"] for app in stack["apps"] if app["name"] == self.vhost)
        return port

    def flower(self, path: str, body: str = "") -> Any:
        """What its Flower answers to its user, as JSON."""
        secret = f"{CLONE}/.state/{ENVIRONMENT}/secrets/flower"
        return self.host.script(ASK, f"http://127.0.0.1:{self.flower_port}{path}", body, secret)

    def node(self, worker: str) -> str:
        """What Celery calls one of its workers."""
        return f"{worker}@web1"

    def inv(self, verb: str, *arguments: str, seconds: float = SMOKE, check: bool = True) -> Result:
        """Run a verb for the inventory that has this example."""
        inventory = f"examples/{self.by or self.name}/inventory.yml"
        words = ("--env", ENVIRONMENT, "-i", inventory, *arguments)
        return self.checkout.inv(verb, *words, seconds=seconds, check=check)

    def changed(self) -> int:
        """Return how many tasks of the last `up` changed something."""
        return self.checkout.changed(ENVIRONMENT)

    def service(self, kind: str, worker: str = "") -> HostService:
        """One of its services: `worker` with its name, `beat`, `flower`."""
        return HostService(self.host, "-".join(part for part in ("stack", kind, self.app, worker) if part))

    def command(self, *words: str) -> list[str]:
        """The command line of a program of the application's environment."""
        return application.command(*words, app=self.app)

    def run(self, *words: str, seconds: float = 60, check: bool = True) -> Result:
        """Run a program of the application's environment, as the account of its services: `python -m …`."""
        return self.host.run(
            self.command(*words), user=self.account, seconds=seconds, check=check, cwd=self.home
        )

    def python(self, source: str, *arguments: str) -> Any:
        """Run `source` with the application importable; return the JSON document that it prints."""
        return application.python(self.host, source, *arguments, app=self.app)

    def send(self, task: str, *arguments: object) -> str:
        """Send a task as any client would; return its id."""
        return application.send(self.host, task, *arguments, app=self.app)

    def result(self, identifier: str) -> Any:
        """Wait for a task's result."""
        return application.result(self.host, identifier, app=self.app)


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
