"""Marks: the Meta of an object names the configuration that created it, where the configuration has a name.

A mark is no part of a body as far as merging, drift and the record go: it is removed before an object is
decided on, and added to what is written. So it is written with the object or with its next change, and never
for its own sake. An object with the mark of another configuration is neither adopted nor destroyed unasked.
A mark under the former key counts the same, and gets the new key with the next change of its object.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field, replace
from shlex import quote
from typing import Any

from reconciler.engine.deciding.case import Case
from reconciler.model.block import Block, BlockKind, needs_blocked
from reconciler.model.change import Action, Change, FieldChange, Op, Reason
from reconciler.model.plan import Deferred
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.globs import exactly
from reconciler.sdk.provider import Present

MARK = "reconciler-configuration"
FORMER_MARK = "reconciler-estate"
MOST = 64  # pairs that a Meta may have

_TAKING = (Action.CREATE, Action.UPDATE, Action.REPLACE)
_REMOVING = (Action.DELETE, Action.REPLACE)
_KEYS = frozenset({MARK, FORMER_MARK})


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark as it is on an object: the name of a configuration, and the key that it is under."""

    name: str
    key: str = MARK


@dataclass(frozen=True, slots=True)
class Marking:
    """The configuration's name (`None`: it has none and marks nothing), the names it had before, and the
    addresses that may be taken from other configurations. `always`: an object without its mark is written for
    the sake of the mark."""

    name: str | None = None
    former: Collection[str] = ()
    takes: Collection[Address] = field(default_factory=frozenset)
    always: bool = False

    def carries(self, meta: Mapping[str, Any]) -> bool:
        """Say whether a Meta has this configuration's mark, under its name or a former one."""
        mark = _mark_in(meta)
        return mark is not None and mark.name in (self.name, *self.former)

    def is_foreign(self, mark: Mark | None) -> bool:
        """Say whether a mark is another configuration's."""
        return mark is not None and mark.name != self.name and mark.name not in self.former


def mark_name(meta: object) -> str | None:
    """Return the configuration that a Meta names; `None` where it names none."""
    mark = _mark_in(meta) if isinstance(meta, Mapping) else None
    return mark.name if mark is not None else None


def unmarked(case: Case) -> tuple[Case, Mark | None]:
    """Return the case without the mark on the live object, and that mark. A declared mark stays in the
    case.
    """
    name = case.kind.mark
    declared = case.resource.body.get(name) if case.resource is not None and name else None
    if name is None or (declared and isinstance(declared, Mapping) and not _KEYS.isdisjoint(declared)):
        return case, None
    recorded, live = case.recorded, case.live
    if recorded is not None and _mark(recorded.body, name) is not None:  # it was being removed
        case = replace(case, recorded=replace(recorded, body=_with(recorded.body, name, None)))
    mark = _mark(live.body, name) if isinstance(live, Present) else None
    if mark is None or not isinstance(live, Present):
        return case, None
    return replace(case, live=replace(live, body=_with(live.body, name, None))), mark


def marked(decision: Change | Deferred, case: Case, mark: Mark | None, marking: Marking) -> Change | Deferred:
    """Return the decision with the mark in what it writes; blocked where it would take another
    configuration's object.
    """
    name = case.kind.mark
    if isinstance(decision, Deferred) or name is None:
        return decision
    foreign = marking.is_foreign(mark) and not decision.shared
    taking = case.recorded is None and (decision.adopt or decision.action in _TAKING)
    asked = decision.address in marking.takes
    if foreign and asked and decision.action is Action.NO_OP:
        decision = _taken(decision, case, name)
    own = Mark(marking.name) if marking.name is not None else None
    if own is not None and marking.always and not foreign and _lacks(decision, case, own, mark):
        decision = replace(decision, action=Action.UPDATE, reason=Reason.MARKED, after=decision.before)
    change = _written(decision, name, mark, mark if decision.shared or (foreign and not asked) else own)
    if foreign and mark is not None and not asked and (taking or change.action in _REMOVING):
        return _refused(change, mark.name)
    ours = mark is not None and mark.name == marking.name
    return _remembered(change) if taking and ours else change


def _lacks(change: Change, case: Case, own: Mark, mark: Mark | None) -> bool:
    """Say whether an object that needs no action could carry this mark and does not."""
    name = case.kind.mark
    if name is None or change.action is not Action.NO_OP or change.shared or name in case.kind.frozen:
        return False
    if change.before is None or case.resource is None or case.kind.container is not None:
        return False
    meta = change.before.get(name) or {}
    return mark != own and _KEYS.isdisjoint(meta) and len(meta) < MOST


def _remembered(change: Change) -> Change:
    """Return the change of an object that this configuration created and the state does not know: not
    adopted, and with a note.
    """
    note = (
        "this configuration created it, and the state does not record it: another run may have forgotten it "
        "(`removed`, `state rm`), or the state is another one, or an older copy, such as one restored from a "
        "backup"
    )
    return replace(change, adopted=False, notes=(*change.notes, note))


def _taken(change: Change, case: Case, name: str) -> Change:
    """Return the change of an object taken over as it is: its mark changes, where the server lets it. One
    that is recorded already came from the other configuration's state.
    """
    if name in case.kind.frozen or change.before is None or case.resource is None:
        return change
    taken = replace(change, action=Action.UPDATE)
    return taken if change.adopt else replace(taken, reason=Reason.TAKEN, after=change.before)


def _refused(change: Change, mark: str) -> Change:
    """Return the change, blocked. Adopting without a write also counts as a change that needs `--take`."""
    blocked = Block(BlockKind.OTHER_OWNER, f'it belongs to the configuration "{mark}", as its Meta says')
    action = Action.UPDATE if change.action is Action.NO_OP else change.action
    note = f"to take it over anyway: --take {quote(exactly(change.address))}"
    notes = (*change.notes, note)
    return replace(change, action=action, adopt=False, blocked=blocked, marked_by=mark, notes=notes)


def not_adopted_either(changes: dict[Address, Change]) -> dict[Address, Change]:
    """Block what would be adopted as it is but needs an object of another configuration: it belongs to that
    one too.
    """
    foreign = {address for address, change in changes.items() if change.marked_by}
    out = dict(changes)
    for address, change in changes.items():
        needed = next((one for one in change.depends_on if one in foreign), None)
        if needed is not None and change.adopt and change.action is Action.NO_OP:
            blocked = needs_blocked(needed)
            out[address] = replace(change, action=Action.UPDATE, adopt=False, blocked=blocked)
    return out if foreign else changes


def _written(change: Change, name: str, mark: Mark | None, new: Mark | None) -> Change:
    if change.action not in (*_TAKING, Action.DELETE):
        return change
    before = _with(change.before, name, mark) if change.before is not None else None
    after = _with(change.after, name, new) if change.after is not None else None
    fields = change.fields
    if change.action is Action.UPDATE:
        fields = (*fields, *_changes(name, mark, _mark(after or {}, name)))
    return replace(change, before=before, after=after, fields=fields)


def _changes(name: str, before: Mark | None, after: Mark | None) -> Iterator[FieldChange]:
    if before is not None and (after is None or after.key != before.key):
        yield FieldChange((name, before.key), Op.REMOVE, before.name, None)
        before = None
    if after is not None and before is None:
        yield FieldChange((name, after.key), Op.ADD, None, after.name)
    elif after is not None and before is not None and after != before:
        yield FieldChange((name, after.key), Op.CHANGE, before.name, after.name)


def _mark(body: Mapping[str, Any], name: str) -> Mark | None:
    meta = body.get(name)
    return _mark_in(meta) if meta and isinstance(meta, Mapping) else None


def _mark_in(meta: Mapping[str, Any]) -> Mark | None:
    found = ((key, meta.get(key)) for key in (MARK, FORMER_MARK))
    return next((Mark(value, key) for key, value in found if isinstance(value, str)), None)


def _with(body: Mapping[str, Any], name: str, mark: Mark | None) -> dict[str, Any]:
    """Return the body with this mark and no other; without one where its Meta is full."""
    meta = {key: value for key, value in (body.get(name) or {}).items() if key not in _KEYS}
    if mark is not None and len(meta) < MOST:
        meta[mark.key] = mark.name
    out = {key: value for key, value in body.items() if key != name}
    return {**out, name: meta} if meta else out
