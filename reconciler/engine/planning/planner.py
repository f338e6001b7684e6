"""The planner: decisions about single objects become one ordered, frozen Plan.

Pure: takes what is declared, recorded and observed, gives a `Plan`. Same input, same plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.engine.order.edges import Priority, edges, sequence
from reconciler.engine.planning.clusters import seen_clusters
from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.settling import Settled, settle
from reconciler.model.change import Action, Change
from reconciler.model.plan import Mode, Plan
from reconciler.sdk.address import Address


def make_plan(inputs: Inputs) -> Plan:
    """Plan everything selected. Raises `order.CycleError` and `selection.BadGlob`."""
    return assemble(inputs, settle(inputs))


def assemble(inputs: Inputs, settled: Settled) -> Plan:
    """Put what is settled in order. Raises `order.CycleError`."""
    recorded, chosen = inputs.state.resources, settled.chosen
    refreshing = inputs.mode is Mode.REFRESH_ONLY
    return Plan(
        inputs.mode,
        tuple(_ordered(inputs, settled)),
        tuple(sorted(settled.deferred.values(), key=lambda item: item.address.sort_key())),
        seen_clusters(inputs.desired, inputs.observed),
        selection=inputs.selection,
        config_digest=inputs.desired.digest,
        lineage=inputs.state.lineage if inputs.state.serial else "",  # none is kept before the first save
        serial=inputs.state.serial,
        requests=inputs.observed.requests,
        seal=inputs.state.seal if inputs.state.serial else None,
        ignores=inputs.ignores,
        looked_at=len(chosen & recorded.keys()) if refreshing else 0,
        not_recorded=tuple(sorted(chosen - recorded.keys())) if refreshing else (),
    )


def _ordered(inputs: Inputs, settled: Settled) -> Sequence[Change]:
    """Return the changes: actions first, numbered in order of execution and with what each waits for; the
    rest by address.
    """
    changes, board = settled.changes, settled.board
    actions = {address: change for address, change in changes.items() if change.is_action}
    recorded = inputs.state.resources
    applied = {address: recorded[address].depends_on for address in actions if address in recorded}
    waits = edges(actions, applied, settled.loose)
    if board.standings:
        from reconciler.engine.order.routing import Routing, routed

        partial = _is_partial(inputs, settled)
        done = routed(Routing(changes, recorded, waits, inputs.kind, board, inputs.take_down, partial))
    else:
        done = _by_references(inputs, actions, waits)
    made = {change.address for change in done}
    rest = [change for address, change in changes.items() if address not in made]
    return (*done, *sorted(rest, key=lambda change: change.address.sort_key()))


def _is_partial(inputs: Inputs, settled: Settled) -> bool:
    """Say whether something of what is declared is not done by this plan."""
    narrowed = bool(inputs.selection.targets or inputs.selection.excludes)
    blocked = any(change.blocked for change in settled.changes.values())
    return narrowed or blocked or bool(settled.deferred)


def _by_references(
    inputs: Inputs, actions: Mapping[Address, Change], waits: Mapping[Address, tuple[Address, ...]]
) -> tuple[Change, ...]:
    def priority(address: Address) -> Priority:
        rank = inputs.kind(address).rank
        return (-rank if actions[address].action is Action.DELETE else rank, *address.sort_key())

    order = sequence(waits, priority)
    return tuple(
        replace(actions[address], index=number, waits_for=waits[address])
        for number, address in enumerate(order, start=1)
    )
