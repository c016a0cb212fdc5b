"""Which tests stay together on one worker of a parallel run: what shares a test host, and nothing else."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

EXAMPLES = "tests/examples/"


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps a file's or class's tests together, all of examples; a scenario is alone, entries go by part."""

    def _split_scope(self, nodeid: str) -> str:
        if "::test_scenario[" in nodeid:
            return nodeid
        if "::test_entry[" in nodeid:
            return nodeid.rpartition(":")[0]
        if nodeid.startswith(EXAMPLES):
            return EXAMPLES
        scope: str = super()._split_scope(nodeid)
        return scope
