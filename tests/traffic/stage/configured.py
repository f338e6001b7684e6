"""The configuration under test: what every case has in common, and applying what a case adds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

from reconciler import app
from reconciler.model.change import Change
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.failure import Failure
from reconciler.model.guarding.limits import Allowed
from reconciler.model.plan import Mode, Selection
from tests.traffic.stage.lab import TrafficLab
from tests.transitions.lab import asked_for

_ALL = Selection()


class Configured:
    """A configuration folder with its state, for the clusters of a world, each peered with each."""

    def __init__(self, world: TrafficLab, folder: Path) -> None:
        self.world, self.folder = world, folder
        folder.mkdir()
        self.options = app.Options(root=folder, environ={})

    def apply(self, *sections: str) -> app.ApplyResult:
        """Make it so: clusters and peerings, and the sections of a case. Fails where any action does."""
        self.write(*sections)
        return self._run(Mode.NORMAL)

    def write(self, *sections: str) -> None:
        """Write the configuration without applying it."""
        parts = [self._clusters(), self._peerings(), *(dedent(text).strip() + "\n" for text in sections)]
        (self.folder / "main.yaml").write_text("".join(parts))

    def destroy(self, excludes: Sequence[str] = ()) -> app.ApplyResult:
        """Remove all of it but for what is excluded."""
        return self._run(Mode.DESTROY, Selection(excludes=tuple(excludes)))

    @staticmethod
    def apply_at_once(*several: Configured) -> None:
        """Make several so at the same time, as they were last written."""

        async def all_of_them() -> list[app.ApplyResult]:
            return await asyncio.gather(
                *(configured._work(Mode.NORMAL, Selection()) for configured in several)
            )

        for done in asyncio.run(all_of_them()):
            _succeeded(done)

    def rotate(self, peerings: str) -> app.ApplyResult:
        """Renew the secrets of peerings."""
        return _succeeded(asyncio.run(app.rotate(self.options, [peerings], **_hooks())))

    def warnings(self) -> list[str]:
        """What `validate` warns of in the configuration as it was last written, by code."""
        return [item.code for item in self.diagnostics() if not item.is_error]

    def diagnostics(self) -> Sequence[Diagnostic]:
        """Everything that `validate` says."""
        return app.validate(self.options).diagnostics

    def plan(self) -> app.PlanResult:
        """What an apply would do now."""
        return asyncio.run(app.plan(self.options, Mode.NORMAL, Selection()))

    def drift(self) -> list[Change]:
        """What was changed by hand since."""
        return list(asyncio.run(app.drift(self.options, Selection())).plan.drifted)

    def _run(self, mode: Mode, selection: Selection = _ALL) -> app.ApplyResult:
        return _succeeded(asyncio.run(self._work(mode, selection)))

    async def _work(self, mode: Mode, selection: Selection) -> app.ApplyResult:
        """Apply; where the run asks how many may go, tell it: a case replaces most of the one before."""
        try:
            return await app.apply(self.options, mode, selection, **_hooks())
        except Failure as failure:
            removals = asked_for(failure)
            if removals is None:
                raise
        return await app.apply(replace(self.options, allowed=Allowed(removals)), mode, selection, **_hooks())

    def _clusters(self) -> str:
        lines = []
        for name, agent in self.world.agents.items():
            default = f", default_intention: {agent.default}" if agent.default == "deny" else ""
            lines.append(f'  {name}: {{address: "{agent.address}"{default}}}\n')
        return "clusters:\n" + "".join(lines)

    def _peerings(self) -> str:
        names = list(self.world.agents)
        pairs = [(one, other) for i, one in enumerate(names) for other in names[i + 1 :]]
        lines = []
        for one, other in pairs:
            aliases = f"{one}: {self.world.alias(one, other)}, {other}: {self.world.alias(other, one)}"
            lines.append(f"  - {{between: [{one}, {other}], names: {{{aliases}}}}}\n")
        return "peerings:\n" + "".join(lines)


def _succeeded(done: app.ApplyResult) -> app.ApplyResult:
    if done.outcome is not None:
        assert done.outcome.failed == (), done.outcome.failed
        assert done.outcome.skipped == (), done.outcome.skipped
    return done


def _hooks() -> dict[str, Any]:
    return {"approve": lambda planned: True, "observe": lambda event: None, "stop": app.Stop()}
