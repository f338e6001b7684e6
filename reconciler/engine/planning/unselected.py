"""What a selection leaves out and a blocked change would need: the plan names it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from reconciler.engine.planning.inputs import Decisions, Inputs
from reconciler.engine.planning.planner import make_plan
from reconciler.engine.planning.settling import decided
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Change
from reconciler.model.plan import Plan, Selection
from reconciler.sdk.address import Address

_MAY_BE_FREED = (
    BlockKind.WOULD_BE_REFUSED,
    BlockKind.WOULD_BREAK,
    BlockKind.TAKE_DOWN,
    BlockKind.CONFLICT,
    BlockKind.DEPENDENCY,
)
_MANY = 12  # objects of which none is left out any more: trying costs a plan for each
_TRIES = 12  # plans that are made for all blocked changes together


def unnarrowed(inputs: Inputs, made: Plan) -> Inputs | None:
    """Return the inputs of a plan that leaves nothing out, where a narrowed one blocks what servers would
    refuse; `None` where nothing is left out, or nothing is blocked for that. `standings` are still the
    narrowed plan's.
    """
    narrowed = bool(inputs.selection.targets or inputs.selection.excludes)
    refused = any(c.blocked and c.blocked.kind in _MAY_BE_FREED for c in made.actions)
    if not (narrowed and refused and inputs.standings):
        return None
    return decided(replace(inputs, selection=Selection(), decided=None))


def with_left_out(made: Plan, inputs: Inputs, whole: Inputs) -> Plan:
    """Return the narrowed plan; each change that is blocked in it only for what was left out names that.

    `inputs` are the plan's own, `whole` those without a selection, both decided. Raises `order.CycleError`.
    """
    everything = {change.address: change for change in make_plan(whole).actions if not change.blocked}
    search = _Search(inputs, whole, everything)
    blocked = [change for change in made.actions if change.blocked and change.address in everything]
    named = {c.address: _naming(c.blocked, search.missing(c.address), inputs) for c in blocked if c.blocked}
    return replace(
        made, changes=tuple(replace(c, blocked=named.get(c.address, c.blocked)) for c in made.changes)
    )


def _naming(block: Block, missing: list[Address], inputs: Inputs) -> Block:
    """Return the block with what is missing and what to do about it, if anything is."""
    if not missing:
        return block
    goes, it = ("goes", "it") if len(missing) == 1 else ("go", "them")
    option = "--target" if inputs.selection.targets else "--exclude"
    way = f"select {it} too" if option == "--target" else f"do not exclude {it}"
    return Block(
        BlockKind.NOT_SELECTED,
        f"{block.text}; {_names(missing)} {goes} with it, and {option} leaves {it} out: {way}, "
        f"or run without {option}",
    )


def _names(addresses: list[Address]) -> str:
    """Return the addresses as a list in a sentence, at most three of them."""
    shown = [str(address) for address in addresses[:3]]
    if len(addresses) > 3:
        shown.append(f"{len(addresses) - 3} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


class _Search:
    """Looks in the plan of everything for what a narrowed one lacks."""

    def __init__(self, inputs: Inputs, whole: Inputs, everything: Mapping[Address, Change]) -> None:
        self.inputs, self.whole, self.everything = inputs, whole, everything
        self.chosen = inputs.decided.chosen if inputs.decided is not None else frozenset()
        self._waits = {a: everything.keys() & set(_waits(change)) for a, change in everything.items()}
        self._waiting = _turned_round(self._waits)
        self._tries = 0

    def missing(self, goal: Address) -> list[Address]:
        """Return the fewest objects found with which the goal is not blocked; empty where it stays so."""
        before = self._linked(goal, self._waits)
        around = before | self._linked(goal, self._waiting)
        found = next((sorted(some) for some in (before, around) if some and self._frees(goal, some)), [])
        for address in list(found) if len(found) <= _MANY else ():
            fewer = {other for other in found if other != address}
            if self._frees(goal, fewer):
                found = sorted(fewer)
        return found

    def _linked(self, goal: Address, links: Mapping[Address, Set[Address]]) -> set[Address]:
        """Return what is left out and linked with the goal, directly or through others that are left out."""
        found: set[Address] = set()
        todo = [goal]
        while todo:
            further = links.get(todo.pop(), set()) - self.chosen - found
            found |= further
            todo += sorted(further)
        return found

    def _frees(self, goal: Address, more: Set[Address]) -> bool:
        """Say whether the goal is not blocked where some more objects are selected; no once it is enough."""
        self._tries += 1
        if self._tries > _TRIES:
            return False
        part = replace(self.whole, selection=self.inputs.selection, decided=self._decisions(more))
        return any(change.address == goal and not change.blocked for change in make_plan(part).actions)

    def _decisions(self, more: Set[Address]) -> Decisions:
        """Return the decisions of the narrowed plan, and those about some objects that it leaves out."""
        own, other = self.inputs.decided, self.whole.decided
        assert own is not None
        assert other is not None
        changes = {a: change for a, change in other.changes.items() if a in more}
        deferred = {a: item for a, item in other.deferred.items() if a in more}
        return Decisions(own.chosen | more, {**changes, **own.changes}, {**deferred, **own.deferred})


def _turned_round(links: Mapping[Address, Set[Address]]) -> dict[Address, set[Address]]:
    out: dict[Address, set[Address]] = {}
    for address, others in links.items():
        for other in others:
            out.setdefault(other, set()).add(address)
    return out


def _waits(change: Change) -> Iterator[Address]:
    """Yield what a change and its interim step wait for."""
    yield from (*change.waits_for, *change.waits_for_interim)
    if change.interim is not None:
        yield from (*change.interim.waits_for, *change.interim.waits_for_interim)
