"""Which tests stay together on one worker of a parallel run: what shares a test host, and nothing else."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps the tests of one file or class together; a scenario is alone, entries go by their part."""

    def _split_scope(self, nodeid: str) -> str:
        if "::test_scenario[" in nodeid:
            return nodeid
        if "::test_entry[" in nodeid:
            return nodeid.rpartition(":")[0]
        scope: str = super()._split_scope(nodeid)
        return scope
