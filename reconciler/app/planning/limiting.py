"""What the operator and the run itself keep out of a plan: limits, `--no-delete` and `--only-safe`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace

from reconciler.app.planning.access.before import Before
from reconciler.app.planning.access.passing import cut_for_a_while
from reconciler.app.planning.naming import peer_names
from reconciler.app.workspace.opening import Workspace
from reconciler.engine.guarding.confirming import asked, listed
from reconciler.engine.guarding.limits import blocks, breaches, unmatched
from reconciler.engine.guarding.safe import unsafe
from reconciler.engine.order.access import OneSided
from reconciler.engine.order.board import Board
from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.leaving import (
    NO_DELETE,
    ONLY_SAFE,
    decided_without_deletes,
    leaving,
    remaining,
)
from reconciler.engine.planning.planner import make_plan
from reconciler.model.block import Block
from reconciler.model.guarding.limits import Breach
from reconciler.model.guarding.safety import LeftOut, Safety
from reconciler.model.plan import Plan
from reconciler.sdk.access.protocol import Analyses
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import Foresees

Blocks = Mapping[Address, Block]
Governing = Callable[[Workspace, Inputs, Plan], Awaitable[tuple[Plan, Blocks, Mapping[str, Before]]]]
"""Returns the plan with what it does to access, what policies block, and the worlds before it by provider."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept out of a plan so far."""

    left_out: tuple[LeftOut, ...] = ()
    breaches: tuple[Breach, ...] = ()

    def and_left(self, more: tuple[LeftOut, ...]) -> Kept:
        """Return the same, with more that is left out."""
        return replace(self, left_out=(*self.left_out, *more))


@dataclass(frozen=True, slots=True)
class Limited:
    """The inputs of a plan, the plan, and what was kept out of it."""

    inputs: Inputs
    made: Plan
    kept: Kept = field(default_factory=Kept)
    blocks: Blocks = field(default_factory=dict)


def without_deletes(inputs: Inputs) -> tuple[Inputs, Kept]:
    """Return the inputs without deletes and replacements where the run leaves them out."""
    if not inputs.selection.no_delete:
        return inputs, Kept()
    inputs, left = decided_without_deletes(inputs)
    return inputs, Kept(left)


def limited(workspace: Workspace, inputs: Inputs, made: Plan, kept: Kept) -> Limited:
    """Return the plan without what would take objects down to make room for others, where the run leaves
    deletes out, and with what is over a limit blocked.
    """
    while inputs.selection.no_delete and (more := remaining(made)):
        inputs, left = leaving(inputs, more, NO_DELETE)
        made, kept = make_plan(inputs), kept.and_left(left)
    over = breaches(made, inputs.state.resources, workspace.safety.limits, workspace.allowed)
    if found := blocks(over):
        inputs = replace(inputs, blocks={**found, **inputs.blocks})
        made = make_plan(inputs)
    return Limited(inputs, made, replace(kept, breaches=over))


async def safe(workspace: Workspace, start: Limited, govern: Governing) -> Limited:
    """Return the plan with what it does to access; where the run is to take none away, without what may."""
    inputs, kept = start.inputs, start.kept
    analysed = {name for name, provider in workspace.providers.items() if isinstance(provider, Analyses)}
    near = {
        cluster: names.values() for cluster, names in peer_names(workspace.desired, workspace.state).items()
    }
    made, found, before = await govern(workspace, inputs, start.made)
    while inputs.selection.only_safe and (
        more := unsafe(made, analysed, near) or _cut_for_a_while(workspace, inputs, made, before)
    ):
        inputs, left = leaving(inputs, more, ONLY_SAFE)
        kept = kept.and_left(left)
        made, found, before = await govern(workspace, inputs, make_plan(inputs))
    return Limited(inputs, made, kept, found)


def _cut_for_a_while(
    workspace: Workspace, inputs: Inputs, made: Plan, before: Mapping[str, Before]
) -> dict[Address, str]:
    """Return what closes access until a later action opens it. Where a provider that foresees has no standing
    for these writes, none of them bears on another.
    """
    apart = {name for name, one in workspace.providers.items() if isinstance(one, Foresees)}
    together = {name: one for name, one in before.items() if name not in apart - inputs.standings.keys()}
    board = Board(inputs.standings, {change.address: change.provider for change in made.actions})
    return cut_for_a_while(made, together, OneSided.of(made.actions, board)) if together else {}


def said(workspace: Workspace, made: Plan, kept: Kept) -> Plan:
    """Return the plan with what safety checks say of it."""

    def is_type(name: str) -> bool:
        return any(provider.kind_of(name) is not None for provider in workspace.providers.values())

    clusters = {*workspace.clusters, *workspace.state.clusters}
    return replace(
        made,
        safety=Safety(
            kept.breaches,
            listed(made, workspace.safety.confirm),
            kept.left_out,
            asked(made, lambda address: workspace.kind(address).symmetric),
        ),
        allow_delete=workspace.allowed.delete,
        allow_change=workspace.allowed.change,
        warnings=(*made.warnings, *unmatched(workspace.safety.limits, clusters, is_type)),
    )
