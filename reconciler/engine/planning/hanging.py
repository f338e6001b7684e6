"""Actions that depend on something deferred or blocked: they wait too, and say what for."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from shlex import quote

from reconciler.engine.deciding.parts import KnownParts
from reconciler.engine.order.edges import Loose, never
from reconciler.model.block import Block, BlockKind, needs_blocked
from reconciler.model.change import Action, Change
from reconciler.model.plan import UNKNOWN_DEPENDENCY, Deferred
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.globs import exactly

_PROTECTED = Block(BlockKind.PROTECTED, "protected")

Needs = Mapping[Address, Sequence[Address]]


@dataclass(frozen=True, slots=True)
class References:
    """References as they are to be, and as they were when last applied; `loose` says which of them do not
    bind: see `order.Loose`."""

    now: Needs
    before: Needs
    loose: Loose = never


def defer_dependants(
    changes: dict[Address, Change],
    deferred: dict[Address, Deferred],
    references: References,
    parts: KnownParts,
) -> tuple[dict[Address, Change], dict[Address, Deferred]]:
    """Defer every action that depends on a deferred object. No-ops never hold others back, nor does an object
    that has all it needs in its own cluster."""
    if not deferred:
        return changes, deferred
    reasons = dict(deferred)
    kept = dict(changes)
    for address, cause in _hanging(changes, set(deferred), references, parts):
        kept.pop(address)
        reasons[address] = Deferred(address, f"needs {cause}, which is unknown", code=UNKNOWN_DEPENDENCY)
    return kept, reasons


def _hanging(
    changes: Mapping[Address, Change],
    start: set[Address],
    references: References,
    parts: KnownParts | None = None,
) -> list[tuple[Address, Address]]:
    """Return (action, cause) for every action that must come after one of `start`, directly or through
    others.
    """
    followers: dict[Address, list[Address]] = {}
    for address, change in changes.items():
        makes = change.action in (Action.CREATE, Action.UPDATE, Action.REPLACE)
        for needed in references.now.get(address, ()) if makes else ():
            if parts is not None and parts.suffices(needed, address.cluster):
                continue
            if needed in changes and references.loose(change, changes[needed]):
                continue
            followers.setdefault(needed, []).append(address)
    for address in (*changes, *start):
        for needed in references.before.get(address, ()):
            target = changes.get(needed)
            if target is None or target.action is not Action.DELETE:
                continue
            if address not in changes or not references.loose(target, changes[address]):
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


def block(
    changes: dict[Address, Change], references: References, blocks: Mapping[Address, Block]
) -> dict[Address, Change]:
    """Block denied actions (`blocks`), removals of protected objects, and all that must come after these."""
    out = {address: _blocked(change, blocks.get(address)) for address, change in changes.items()}
    blocked = {address for address, change in out.items() if change.blocked}
    for address, cause in _hanging(out, blocked, references):
        if not out[address].blocked:
            out[address] = replace(out[address], blocked=needs_blocked(cause))
    return out


def _blocked(change: Change, block: Block | None) -> Change:
    if block and change.is_action:
        change = replace(change, blocked=block)
    if change.protect and change.action in (Action.DELETE, Action.REPLACE):
        return replace(change, blocked=_PROTECTED, notes=(*change.notes, _unprotecting(change)))
    return change


def _unprotecting(change: Change) -> str:
    """Return how a protected object can be destroyed after all. What is no longer declared is as it was
    recorded.
    """
    if change.origin is not None:
        return "to destroy it, remove its protection first"
    return (
        "to destroy it, declare it again without protection, apply, and then remove it; "
        f"to keep it and stop managing it: reconciler state rm {quote(exactly(change.address))}"
    )
