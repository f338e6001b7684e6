"""The estate under test: what every case has in common, and applying what a case adds."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

from reconciler import app
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Mode, Selection
from tests.traffic.world import World


class Estate:
    """A configuration folder with its state, for the clusters of a world, each peered with each."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        folder.mkdir()
        self.options = app.Options(root=folder, environ={})

    def apply(self, *sections: str) -> app.Applied:
        """Make it so: clusters and peerings, and the sections of a case. Fails where any action does."""
        self.write(*sections)
        return self._run(Mode.NORMAL)

    def write(self, *sections: str) -> None:
        """Write the configuration without applying it."""
        parts = [self._clusters(), self._peerings(), *(dedent(text).strip() + "\n" for text in sections)]
        (self.folder / "estate.yaml").write_text("".join(parts))

    def destroy(self) -> app.Applied:
        """Remove all of it."""
        return self._run(Mode.DESTROY)

    def rotate(self, peerings: str) -> app.Applied:
        """Renew the secrets of peerings."""
        return self._done(app.rotate(self.options, [peerings], **_hooks()))

    def warnings(self) -> list[str]:
        """What `validate` warns of in the configuration as it was last written, by code."""
        return [item.code for item in self.diagnostics() if not item.is_error]

    def diagnostics(self) -> Sequence[Diagnostic]:
        """Everything that `validate` says."""
        return asyncio.run(app.validate(self.options)).diagnostics

    def plan(self) -> app.Planned:
        """What an apply would do now."""
        return asyncio.run(app.plan(self.options, Mode.NORMAL, Selection()))

    def _run(self, mode: Mode) -> app.Applied:
        return self._done(app.apply(self.options, mode, Selection(), **_hooks()))

    def _done(self, work: Coroutine[Any, Any, app.Applied]) -> app.Applied:
        done = asyncio.run(work)
        if done.outcome is not None:
            assert done.outcome.failed == (), done.outcome.failed
            assert done.outcome.skipped == (), done.outcome.skipped
        return done

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


def _hooks() -> dict[str, Any]:
    return {"approve": lambda planned: True, "observe": lambda event: None, "stop": app.Stop()}
