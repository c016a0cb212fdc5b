"""A test host with a running stack on which entries are tried, made anew when one of them was not mended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rabbitry.entries import Shown
from tests.support.checkout import CLONE, ENVIRONMENT, Checkout
from tests.support.hosts import Host, Result
from tests.support.wait import wait_until

UP, BREAK, FIX, SHOW, SETTLE = 300, 180, 240, 90, 90


class Ward:
    """The host of a platform like `trixie-systemd`; `host` starts it when there is none."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self._checkout: Checkout | None = None

    @property
    def host(self) -> Host:
        return self.checkout.host

    @property
    def checkout(self) -> Checkout:
        """A clone whose stack is up and without fault."""
        if self._checkout is None:
            suite, _, boot = self.platform.partition("-")
            host = Host.start(suite, boot, label="ward")
            self._checkout = Checkout.clone_into(host)
            self._checkout.inv("up", seconds=UP)
            self.names([])
        return self._checkout

    def give_up(self) -> None:
        """Remove the host: what was broken on it stays broken, and the next entry needs a healthy one."""
        if self._checkout is not None:
            self._checkout.host.remove()
            self._checkout = None

    def play(self, playbook: str, seconds: float, check: bool = True) -> Result:
        """Run a playbook of the repository on the stack, as its inventory has it."""
        command = [".venv/bin/ansible-playbook", "-i", "inventory/local.yml", playbook]
        return self.host.run(command, seconds=seconds, check=check, env=ENVIRONMENT, cwd=CLONE)

    def show(self, command: str, text: str) -> str:
        """Return what `command` prints as soon as `text` is in it."""

        def shown() -> str:
            said = self.host.run(command, seconds=60, check=False, env=ENVIRONMENT, cwd=CLONE).text
            assert " ".join(text.split()) in " ".join(said.split()), said[-2000:]
            return said

        return wait_until(shown, SHOW, f"`{command}` prints `{text}`", every=1.0)

    def says_no_more(self, shows: Sequence[Shown]) -> None:
        """What doctor does not look for is asked for once more: no command prints its symptom now."""
        for shown in shows:
            said = self.host.run(shown.command, seconds=60, check=False, env=ENVIRONMENT, cwd=CLONE).text
            assert " ".join(shown.text.split()) not in " ".join(said.split()), said[-2000:]

    def findings(self) -> Sequence[Mapping[str, Any]]:
        """Return what doctor finds now."""
        result = self.checkout.inv("doctor", "--json", check=False)
        found: Sequence[Mapping[str, Any]] = json.loads(result.out)["findings"]
        assert result.rc == (1 if any(not one["blind"] for one in found) else 2 if found else 0), result
        return found

    def names(self, slugs: Sequence[str]) -> None:
        """Wait until doctor finds exactly the entries `slugs`."""

        def named() -> bool:
            found = self.findings()
            said = [(one["slug"], one["wrong"], one["evidence"]) for one in found]
            assert sorted({one["slug"] for one in found}) == sorted(slugs), said
            return True

        wait_until(named, SETTLE, f"doctor finds exactly {', '.join(slugs) or 'nothing'}", every=1.0)

    def explained(self, text: str) -> str:
        """Return the first line that `explain` says of a text."""
        return self.checkout.inv("explain", stdin=text, check=False).out.partition("\n")[0]

    def is_green(self) -> None:
        """Wait until smoke keeps all promises."""

        def green() -> bool:
            result = self.checkout.inv("smoke", seconds=120, check=False)
            assert result.rc == 0, result.text[-3000:]
            return True

        wait_until(green, SETTLE, "smoke is green")
