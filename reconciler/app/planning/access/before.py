"""The world of one provider before a plan, and how access differs after some of its actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.app.planning.access.effects import of_access
from reconciler.model.change import Change
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.access.change import AccessChanges
from reconciler.sdk.access.protocol import Analyses, Analysis, World
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body
from reconciler.sdk.secrets.sensitive import masked


@dataclass(frozen=True, slots=True)
class Before:
    """The world of one provider before a plan, and the analysis of it."""

    name: str
    provider: Analyses
    world: World
    analysis: Analysis

    def after(self, bodies: Mapping[Address, Body | None]) -> Analysis:
        """Return the analysis of the world with these objects written."""
        with plugin_call(self.name, "changed"):
            world = self.provider.changed(self.world, bodies)
        with plugin_call(self.name, "analysis"):
            return self.provider.analysis(world)

    def changes(self, after: Analysis, touched: Sequence[Address]) -> AccessChanges:
        """Return how access differs after these objects changed."""
        return self.between(self.analysis, after, touched)

    def between(self, earlier: Analysis, later: Analysis, touched: Sequence[Address]) -> AccessChanges:
        """Return how access differs between two states of the world that differ in these objects."""
        with plugin_call(self.name, "changes"):
            return of_access(earlier.changes(later, touched))


def bodies_after(actions: Sequence[Change]) -> dict[Address, Body | None]:
    """Return what these actions leave of their objects."""
    return {change.address: masked(change.after) if change.after is not None else None for change in actions}
