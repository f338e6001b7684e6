"""Rebuilding a record: what carries the configuration's mark and is not declared; what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.veiling import veil
from reconciler.engine.deciding.case import Case
from reconciler.engine.deciding.marks import unmarked
from reconciler.engine.deciding.moves import folded, mirrored
from reconciler.model.change import Change
from reconciler.model.plan import Plan
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Present


def undeclared(
    found: Mapping[Address, Present], plan: Plan, kinds: Mapping[str, Kind], provider: str
) -> Iterator[Recorded]:
    """Yield the records of marked objects of a provider that are neither declared nor recorded.

    The whole object is ours: nothing says which part of it was not.
    """
    known = {folded(change.address) for change in plan.changes}
    known |= {folded(item.address) for item in plan.deferred}
    for address, seen in sorted(found.items()):
        kind = kinds.get(address.type)
        if kind is None or folded(address) in known or (kind.symmetric and mirrored(address) in known):
            continue
        case, _ = unmarked(Case(address, kind, None, None, seen))
        assert isinstance(case.live, Present)
        body = canonical(kind.rule, veil(kind.rule, case.live.body), declared=False)
        yield Recorded(address, body, provider, seen.version, seen.remote_ids)


def left(plan: Plan) -> tuple[Change, ...]:
    """Return what is declared and was not recorded, because it is not there as declared."""
    return tuple(change for change in plan.changes if change.is_action)
