"""The planner: decisions about single objects become one ordered, frozen Plan.

Pure: takes what is declared, recorded and observed, gives a `Plan`. Same input, same plan.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from shlex import quote

from reconciler.engine.case import Case
from reconciler.engine.covering import covered, uncovered
from reconciler.engine.decide import decide
from reconciler.engine.drifting import decide_refresh
from reconciler.engine.left import with_way_out
from reconciler.engine.marks import Marking, marked, not_adopted_either, unmarked
from reconciler.engine.order import Priority, edges, sequence
from reconciler.engine.refresh import ObservedState
from reconciler.engine.selection import matching, replaced, selected
from reconciler.engine.standing import Standing
from reconciler.engine.veiling import reaches_sensitive
from reconciler.model.change import Action, Change
from reconciler.model.desired import Cluster, DesiredState, Resource
from reconciler.model.plan import Deferred, Mode, Plan, SeenCluster, Selection, TakeDown
from reconciler.model.state import Owner, Recorded, State
from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.kinds import Kind

Needs = Mapping[Address, Sequence[Address]]


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a plan rests on. `kinds` has the rules of every type declared or recorded; `refused` says
    which actions it is known of, and why, that they would be denied; `take_down` what may be taken down."""

    desired: DesiredState
    state: State
    observed: ObservedState
    kinds: Mapping[tuple[str, str], Kind]
    mode: Mode = Mode.NORMAL
    selection: Selection = field(default_factory=Selection)
    refused: Mapping[Address, str] = field(default_factory=dict)
    take_down: TakeDown = TakeDown.ALWAYS

    def kind(self, address: Address) -> Kind:
        """The rules for an address, by its provider and type."""
        resource = self.desired.resources.get(address) or self.state.resources.get(address)
        return self.kinds[resource.provider if resource else "", address.type]


def make_plan(inputs: Inputs) -> Plan:
    """Plan everything selected. Raises `order.CycleError` and `selection.NothingMatches`."""
    declared, recorded = inputs.desired.resources, inputs.state.resources
    needs = _needs(declared, recorded)
    applied = {address: entry.depends_on for address, entry in recorded.items()}
    removing = inputs.mode is Mode.DESTROY
    references = applied if removing else needs
    chosen = selected(inputs.selection, (*declared, *recorded), references, removing=removing)
    changes, deferred = _decisions(inputs, chosen)
    links = _Links(needs, applied)
    parts = Standing(declared, recorded, inputs.observed.objects, inputs.kinds)
    changes, deferred = _defer_dependants(changes, deferred, links, parts)
    changes = not_adopted_either(_block(changes, links, inputs.refused))
    deferred = with_way_out(deferred, inputs.desired.clusters, recorded, inputs.observed.objects)
    ordered = _ordered(inputs, changes, recorded)
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


@dataclass(frozen=True, slots=True)
class _Links:
    """References as they are to be, and as they were when last applied."""

    now: Needs
    before: Needs


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


def _defer_dependants(
    changes: dict[Address, Change], deferred: dict[Address, Deferred], links: _Links, parts: Standing
) -> tuple[dict[Address, Change], dict[Address, Deferred]]:
    """What hangs on something unknown waits too; what needs no action is not in anybody's way, nor is what
    has all it needs in its own cluster."""
    if not deferred:
        return changes, deferred
    reasons = dict(deferred)
    kept = dict(changes)
    for address, cause in _hanging(changes, set(deferred), links, parts):
        kept.pop(address)
        reasons[address] = Deferred(address, f"needs {cause}, which is unknown", code="unknown-dependency")
    return kept, reasons


def _hanging(
    changes: Mapping[Address, Change], start: set[Address], links: _Links, parts: Standing | None = None
) -> list[tuple[Address, Address]]:
    """(action, cause) for every action that must come after one of `start`, directly or through others."""
    followers: dict[Address, list[Address]] = {}
    for address, change in changes.items():
        makes = change.action in (Action.CREATE, Action.UPDATE, Action.REPLACE)
        for needed in links.now.get(address, ()) if makes else ():
            if parts is not None and parts.suffices(needed, address.cluster):
                continue
            followers.setdefault(needed, []).append(address)
    for address in (*changes, *start):
        for needed in links.before.get(address, ()):
            target = changes.get(needed)
            if target is not None and target.action is Action.DELETE:
                followers.setdefault(address, []).append(needed)
    out, todo, seen = [], deque(sorted(start)), set(start)
    while todo:
        cause = todo.popleft()
        for address in sorted(followers.get(cause, ())):
            if address in changes and address not in seen:
                seen.add(address)
                out.append((address, cause))
                todo.append(address)
    return out


def _block(
    changes: dict[Address, Change], links: _Links, denied: Mapping[Address, str]
) -> dict[Address, Change]:
    """Refuse removals of protected objects, and everything that would have to come after a refused action."""
    out = {address: _guarded(change, denied.get(address, "")) for address, change in changes.items()}
    refused = {address for address, change in out.items() if change.blocked}
    for address, cause in _hanging(out, refused, links):
        if not out[address].blocked:
            out[address] = replace(out[address], blocked=f"needs {cause}, which is blocked")
    return out


def _guarded(change: Change, denied: str) -> Change:
    if denied and change.is_action:
        change = replace(change, blocked=denied)
    if change.protect and change.action in (Action.DELETE, Action.REPLACE):
        return replace(change, blocked="protected", notes=(*change.notes, _unprotecting(change)))
    return change


def _unprotecting(change: Change) -> str:
    """How what is protected may go all the same. What is no longer declared is as it was recorded."""
    if change.origin is not None:
        return "to let it go, take away its protection first"
    return (
        "to let it go, declare it again without protection, apply, and then remove it; "
        f"to leave it standing: reconciler state rm {quote(str(change.address))}"
    )


def _ordered(
    inputs: Inputs, changes: Mapping[Address, Change], recorded: Mapping[Address, Recorded]
) -> tuple[Change, ...]:
    """Actions first, numbered in order of execution and with what each waits for; the rest by address."""
    actions = {address: change for address, change in changes.items() if change.is_action}
    waits = edges(
        actions, {address: recorded[address].depends_on for address in actions if address in recorded}
    )

    def priority(address: Address) -> Priority:
        rank = inputs.kind(address).rank
        return (-rank if actions[address].action is Action.DELETE else rank, *address.sort_key())

    order = sequence(waits, priority)
    numbered = [
        replace(actions[address], index=number, waits_for=waits[address])
        for number, address in enumerate(order, start=1)
    ]
    rest = sorted(
        (c for c in changes.values() if not c.is_action), key=lambda change: change.address.sort_key()
    )
    return (*numbered, *rest)


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
