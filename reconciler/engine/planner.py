"""The planner: decisions about single objects become one ordered, frozen Plan.

Pure: takes what is declared, recorded and observed, gives a `Plan`. Same input, same plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from reconciler.engine.board import Board
from reconciler.engine.canonical import canonical
from reconciler.engine.case import Case
from reconciler.engine.covering import covered, uncovered
from reconciler.engine.decide import decide
from reconciler.engine.drifting import decide_refresh
from reconciler.engine.hanging import Links, Needs, block, defer_dependants
from reconciler.engine.left import with_way_out
from reconciler.engine.loosening import defer_openers, loosening
from reconciler.engine.marks import Marking, marked, not_adopted_either, unmarked
from reconciler.engine.order import Loose, Priority, edges, sequence
from reconciler.engine.refresh import ObservedState
from reconciler.engine.routing import Routing, routed
from reconciler.engine.selection import matching, replaced, selected
from reconciler.engine.standing import Standing
from reconciler.engine.vacating import vacated
from reconciler.engine.veiling import reaches_sensitive
from reconciler.model.change import Action, Change
from reconciler.model.desired import Cluster, DesiredState, Resource
from reconciler.model.plan import Deferred, Mode, Plan, SeenCluster, Selection, TakeDown
from reconciler.model.state import Owner, Recorded, State
from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.foresight import Standing as Servers
from reconciler.sdk.kinds import Kind


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided about single objects: neither order nor servers' judgements count yet."""

    chosen: frozenset[Address]
    changes: Mapping[Address, Change]
    deferred: Mapping[Address, Deferred]


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a plan rests on. `kinds` has the rules of every type declared or recorded; `refused` says
    which actions it is known of, and why, that they would be denied; `take_down` what may be taken down;
    `standings`, by provider, what servers hold that judge writes by it. `decided` is for a plan that is made
    again from the same: see `decided`."""

    desired: DesiredState
    state: State
    observed: ObservedState
    kinds: Mapping[tuple[str, str], Kind]
    mode: Mode = Mode.NORMAL
    selection: Selection = field(default_factory=Selection)
    refused: Mapping[Address, str] = field(default_factory=dict)
    take_down: TakeDown = TakeDown.ALWAYS
    standings: Mapping[str, Servers] = field(default_factory=dict)
    decided: Decisions | None = None

    def kind(self, address: Address) -> Kind:
        """The rules for an address, by its provider and type."""
        resource = self.desired.resources.get(address) or self.state.resources.get(address)
        return self.kinds[resource.provider if resource else "", address.type]


def make_plan(inputs: Inputs) -> Plan:
    """Plan everything selected. Raises `order.CycleError` and `selection.BadGlob`."""
    declared, recorded = inputs.desired.resources, inputs.state.resources
    needs, applied = _needs(declared, recorded), _applied(recorded)
    known = inputs.decided or _decided(inputs)
    chosen, changes, deferred = known.chosen, dict(known.changes), dict(known.deferred)
    changes = vacated(changes, recorded, inputs.observed.objects, inputs.refused)
    board = Board(inputs.standings, _providers(inputs, chosen))
    loose = loosening(board, inputs.kind)
    links = Links(needs, applied, loose)
    parts = Standing(declared, recorded, inputs.observed.objects, inputs.kinds)
    changes, deferred = defer_dependants(changes, deferred, links, parts)
    changes, opening = defer_openers(changes, _unseen(inputs, deferred), board)
    changes, deferred = defer_dependants(changes, {**deferred, **opening}, links, parts)
    changes = not_adopted_either(block(changes, links, inputs.refused))
    deferred = with_way_out(deferred, inputs.desired.clusters, recorded, inputs.observed.objects)
    ordered = tuple(_ordered(inputs, changes, board, loose))
    refreshing = inputs.mode is Mode.REFRESH_ONLY
    return Plan(
        inputs.mode,
        ordered,
        tuple(sorted(deferred.values(), key=lambda item: item.address.sort_key())),
        seen_clusters(inputs),
        selection=inputs.selection,
        config_digest=inputs.desired.digest,
        lineage=inputs.state.lineage if inputs.state.serial else "",  # none is kept before the first save
        serial=inputs.state.serial,
        requests=inputs.observed.requests,
        seal=inputs.state.seal if inputs.state.serial else None,
        looked_at=len(chosen & recorded.keys()) if refreshing else 0,
        not_recorded=tuple(sorted(chosen - recorded.keys())) if refreshing else (),
    )


def decided(inputs: Inputs) -> Inputs:
    """The same inputs with what is decided about single objects, for plans that differ in the rest only.

    Raises `selection.BadGlob`.
    """
    return replace(inputs, decided=_decided(inputs))


def _decided(inputs: Inputs) -> Decisions:
    declared, recorded = inputs.desired.resources, inputs.state.resources
    removing = inputs.mode is Mode.DESTROY
    references = _applied(recorded) if removing else _needs(declared, recorded)
    chosen = selected(inputs.selection, (*declared, *recorded), references, removing=removing)
    return Decisions(frozenset(chosen), *_decisions(inputs, chosen))


def _applied(recorded: Mapping[Address, Recorded]) -> Needs:
    return {address: entry.depends_on for address, entry in recorded.items()}


def _needs(declared: Mapping[Address, Resource], recorded: Mapping[Address, Recorded]) -> Needs:
    out: dict[Address, Sequence[Address]] = {address: entry.depends_on for address, entry in recorded.items()}
    out.update((address, resource.depends_on) for address, resource in declared.items())
    return out


def _decisions(inputs: Inputs, chosen: set[Address]) -> tuple[dict[Address, Change], dict[Address, Deferred]]:
    forced = replaced(inputs.selection.replaces, chosen, lambda found: inputs.kind(found).is_replaceable)
    verdict = decide_refresh if inputs.mode is Mode.REFRESH_ONLY else decide
    changes: dict[Address, Change] = {}
    deferred: dict[Address, Deferred] = {}
    marking = _marking(inputs, chosen)
    for address in chosen:
        case, mark = unmarked(_case(inputs, address, address in forced))
        decision = marked(uncovered(case, verdict(case)), case, mark, marking)
        if isinstance(decision, Deferred):
            deferred[address] = decision
        else:
            changes[address] = decision
    return changes, deferred


def _marking(inputs: Inputs, chosen: set[Address]) -> Marking:
    owner = inputs.state.owner or Owner()
    takes = matching(inputs.selection.takes, chosen) if inputs.selection.takes else set()
    return Marking(inputs.desired.estate, owner.former, takes)


def _case(inputs: Inputs, address: Address, forced: bool) -> Case:
    case = Case(
        address,
        inputs.kind(address),
        inputs.desired.resources.get(address),
        inputs.state.resources.get(address),
        inputs.observed.objects.get(address),
        forced=forced,
        destroying=inputs.mode is Mode.DESTROY,
    )
    sensitive = inputs.desired.veiled or inputs.state.seal is not None or reaches_sensitive(case.kind.rule)
    return covered(case) if sensitive else case


def _providers(inputs: Inputs, chosen: Set[Address]) -> dict[Address, str]:
    declared, recorded = inputs.desired.resources, inputs.state.resources
    return {address: (declared.get(address) or recorded[address]).provider for address in chosen}


def _unseen(inputs: Inputs, deferred: Mapping[Address, Deferred]) -> list[Change]:
    """The changes that undecided objects would have if they were as they were recorded."""
    out = []
    for address in deferred if inputs.standings else ():
        entry, rule = inputs.state.resources.get(address), inputs.kind(address).rule
        resource = inputs.desired.resources.get(address) if inputs.mode is not Mode.DESTROY else None
        after = canonical(rule, resource.body, declared=True) if resource is not None else None
        before = canonical(rule, entry.body, declared=True) if entry is not None else None
        if before != after:
            out.append(Change(address, Action.UPDATE, before=before, after=after))
    return out


def _ordered(
    inputs: Inputs, changes: Mapping[Address, Change], board: Board, loose: Loose
) -> Sequence[Change]:
    """Actions first, numbered in order of execution and with what each waits for; the rest by address."""
    actions = {address: change for address, change in changes.items() if change.is_action}
    recorded = inputs.state.resources
    applied = {address: recorded[address].depends_on for address in actions if address in recorded}
    waits = edges(actions, applied, loose)
    if board.standings:
        done = routed(Routing(changes, recorded, waits, inputs.kind, board, inputs.take_down))
    else:
        done = _by_references(inputs, actions, waits)
    made = {change.address for change in done}
    rest = [change for address, change in changes.items() if address not in made]
    return (*done, *sorted(rest, key=lambda change: change.address.sort_key()))


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


def seen_clusters(inputs: Inputs) -> dict[str, SeenCluster]:
    """Each cluster as it was read, or why nothing is known of it."""
    known = {name: cluster.address for name, cluster in inputs.desired.clusters.items()}
    out = {}
    for name, seen in sorted(inputs.observed.clusters.items()):
        if isinstance(seen, ProviderError):
            out[name] = SeenCluster(name, known.get(name, ""), problem=seen.message, hint=seen.hint)
        else:
            out[name] = SeenCluster(name, seen.address, seen.version, seen.identity)
    return out


def declared_clusters(desired: DesiredState, state: State) -> dict[str, Cluster]:
    """The clusters of a run: declared ones, and recorded ones that still hold something of ours."""
    out = dict(desired.clusters)
    held = held_clusters(state)
    for name, seen in state.clusters.items():
        if name not in out and name in held:
            out[name] = Cluster(
                name, seen.address, seen.provider, {}, seen.partition, seen.namespace, seen.options
            )
    return out


def held_clusters(state: State) -> set[str]:
    """The recorded clusters that hold something of ours, be it the second end of something."""
    named = {name for address in state.resources for name in (address.cluster, address.name)}
    return named & state.clusters.keys()
