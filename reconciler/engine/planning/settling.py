"""Settling: which objects change, which are put off, and which are blocked. Pure; the order comes after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.veiling import reaches_sensitive
from reconciler.engine.deciding.case import Case
from reconciler.engine.deciding.covering import covered, uncovered
from reconciler.engine.deciding.decide import decide
from reconciler.engine.deciding.drifting import decide_refresh
from reconciler.engine.deciding.ignoring import noted
from reconciler.engine.deciding.marks import Marking, marked, not_adopted_either, unmarked
from reconciler.engine.deciding.parts import KnownParts
from reconciler.engine.deciding.removal import forgotten
from reconciler.engine.order.board import Board
from reconciler.engine.order.edges import Loose
from reconciler.engine.planning.hanging import Needs, References, block, defer_dependants
from reconciler.engine.planning.inputs import Decisions, Inputs
from reconciler.engine.planning.left import with_way_out
from reconciler.engine.planning.loosening import defer_openers, loosening
from reconciler.engine.planning.selection import matching, replaced, selected
from reconciler.engine.planning.vacating import vacated
from reconciler.model.change import Action, Change
from reconciler.model.desired import Resource
from reconciler.model.plan import Deferred, Mode
from reconciler.model.state import Owner, Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Settled:
    """The changes of a plan before they are in order, blocked ones included, and what is put off.

    `board` and `loose` are what their order is found on.
    """

    chosen: Set[Address]
    changes: Mapping[Address, Change]
    deferred: Mapping[Address, Deferred]
    board: Board
    loose: Loose

    @property
    def in_order_of_address(self) -> tuple[Change, ...]:
        """All changes, for those that ask about them and not about their order."""
        return tuple(self.changes[address] for address in sorted(self.changes, key=Address.sort_key))


def settle(inputs: Inputs) -> Settled:
    """Settle everything selected. Raises `selection.BadGlob`."""
    declared, recorded = inputs.desired.resources, inputs.state.resources
    known = inputs.decided or _decided(inputs)
    changes = vacated(known.changes, recorded, inputs.observed.objects, inputs.blocks)
    board = Board(inputs.standings, {address: inputs.provider(address) for address in known.chosen})
    loose = loosening(board, inputs.kind)
    references = References(needs(declared, recorded), _applied(recorded), loose)
    parts = KnownParts(declared, recorded, inputs.observed.objects, inputs.kinds)
    changes, deferred = defer_dependants(changes, dict(known.deferred), references, parts)
    changes, opening = defer_openers(changes, _unseen(inputs, deferred), board)
    changes, deferred = defer_dependants(changes, {**deferred, **opening}, references, parts)
    changes = not_adopted_either(block(changes, references, inputs.blocks))
    deferred = with_way_out(deferred, inputs.desired.clusters, recorded, inputs.observed.objects)
    return Settled(known.chosen, changes, deferred, board, loose)


def decided(inputs: Inputs) -> Inputs:
    """Return the same inputs with what is decided about single objects, for plans that differ in the rest
    only.

    Raises `selection.BadGlob`.
    """
    return replace(inputs, decided=_decided(inputs))


def _decided(inputs: Inputs) -> Decisions:
    declared, recorded = inputs.desired.resources, inputs.state.resources
    removing = inputs.mode is Mode.DESTROY
    references = _applied(recorded) if removing else needs(declared, recorded)
    chosen = selected(inputs.selection, (*declared, *recorded), references, removing=removing)
    return Decisions(frozenset(chosen), *_decisions(inputs, chosen))


def _applied(recorded: Mapping[Address, Recorded]) -> Needs:
    return {address: entry.depends_on for address, entry in recorded.items()}


def needs(declared: Mapping[Address, Resource], recorded: Mapping[Address, Recorded]) -> Needs:
    """Return what each object needs: as declared, else as it was last applied."""
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
        if address in inputs.forgets:
            changes[address] = forgotten(inputs.state.resources[address])
            continue
        case, mark = unmarked(case_of(inputs, address, forced=address in forced))
        decision = marked(uncovered(case, _decision(case, verdict)), case, mark, marking)
        if isinstance(decision, Deferred):
            deferred[address] = decision
        else:
            changes[address] = decision
    return changes, deferred


def _decision(case: Case, verdict: Callable[[Case], Change | Deferred]) -> Change | Deferred:
    decision = verdict(case)
    return decision if isinstance(decision, Deferred) else noted(decision, case)


def _marking(inputs: Inputs, chosen: set[Address]) -> Marking:
    owner = inputs.state.owner or Owner()
    takes = matching(inputs.selection.takes, chosen) if inputs.selection.takes else set()
    always = inputs.mark_objects and inputs.mode is Mode.NORMAL
    return Marking(inputs.desired.name, owner.former, takes, always)


def case_of(inputs: Inputs, address: Address, *, forced: bool = False) -> Case:
    """Return all that is known about one object, veiled where it is sensitive."""
    case = Case(
        address,
        inputs.kind(address),
        inputs.desired.resources.get(address),
        inputs.state.resources.get(address),
        inputs.observed.objects.get(address),
        forced=forced,
        destroying=inputs.mode is Mode.DESTROY,
        ignores=inputs.ignores_of(address),
    )
    sensitive = inputs.desired.veiled or inputs.state.seal is not None or reaches_sensitive(case.kind.rule)
    return covered(case) if sensitive else case


def _unseen(inputs: Inputs, deferred: Mapping[Address, Deferred]) -> list[Change]:
    """Return the changes that undecided objects would have if they were as they were recorded."""
    out = []
    for address in deferred if inputs.standings else ():
        entry, kind = inputs.state.resources.get(address), inputs.kind(address)
        resource = inputs.desired.resources.get(address) if inputs.mode is not Mode.DESTROY else None
        after = canonical(kind.rule, resource.body, declared=True) if resource is not None else None
        before = canonical(kind.rule, entry.body, declared=True) if entry is not None else None
        if before != after:
            provider = inputs.provider(address)
            out.append(Change(address, Action.UPDATE, provider=provider, before=before, after=after))
    return out
