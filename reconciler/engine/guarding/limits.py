"""Limits on a plan: which of its actions are more than the operator allows in one run.

Counted by cluster and by type, against what is recorded and what the plan takes over. One limit is built in
and counts everything recorded together: more than half of it, and more than `MANY` objects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change
from reconciler.model.guarding.limits import Allowed, Breach, Limit, Measure, Most
from reconciler.model.plan import Mode, Plan
from reconciler.sdk.address import Address
from reconciler.sdk.globs import is_pattern

MANY = 5  # removals up to which the built-in limit holds nothing back
HALF = Most(percent=50)

Group = tuple[str, str]  # cluster and type


def breaches(
    plan: Plan, recorded: Collection[Address], limits: Sequence[Limit], allowed: Allowed
) -> tuple[Breach, ...]:
    """Return the limits that a plan does not keep and that were not lifted, the built-in one first.

    What is blocked already does not count. Looking for drift and renewing secrets have no limit; a destroy
    has only those of `limits`, as it is asked for by name.
    """
    if plan.mode not in (Mode.NORMAL, Mode.DESTROY):
        return ()
    found = [*_of_everything(plan, recorded)] if plan.mode is Mode.NORMAL else []
    for measure in Measure if limits else ():
        found += _by_group(plan, recorded, limits, measure)
    return tuple(_lifted(found, plan, allowed))


def _lifted(found: Iterable[Breach], plan: Plan, allowed: Allowed) -> Iterator[Breach]:
    """Yield the breaches that no option lifts, with the number that would."""
    for item in found:
        number, said = len(counted(plan, item.measure)), allowed.of(item.measure)
        if said != number:
            yield Breach(
                item.measure,
                item.counted,
                item.of,
                item.most,
                number,
                item.addresses,
                item.cluster,
                item.type,
                said,
            )


def counted(plan: Plan, measure: Measure) -> list[Change]:
    """Return the actions that a measure counts: the second or the third number of `Plan: …`."""
    free = (change for change in plan.actions if not change.blocked)
    if measure is Measure.DELETE:
        return [change for change in free if change.action is Action.DELETE or change.is_remade]
    return [change for change in free if change.action is Action.UPDATE and not change.is_remade]


def _of_everything(plan: Plan, recorded: Collection[Address]) -> Iterator[Breach]:
    """Yield the breach of the built-in limit. What comes back does not count: a wrong directory brings
    nothing back.
    """
    going = [c.address for c in plan.actions if c.action is Action.DELETE and not c.blocked]
    if len(going) > MANY and 2 * len(going) > len(recorded):
        yield Breach(Measure.DELETE, len(going), len(recorded), HALF, len(going), tuple(going))


def _by_group(
    plan: Plan, recorded: Collection[Address], limits: Sequence[Limit], measure: Measure
) -> Iterator[Breach]:
    touched = _grouped(change.address for change in counted(plan, measure))
    if not touched:
        return
    there = _grouped({*recorded, *(c.address for c in plan.changes if c.before is not None)})
    for (cluster, type_), addresses in sorted(touched.items()):
        of = len(there.get((cluster, type_), ()))
        most = _most(limits, measure, cluster, type_, of)
        if most is not None and len(addresses) > most.of(of):
            yield Breach(measure, len(addresses), of, most, 0, tuple(addresses), cluster, type_)


def _most(limits: Sequence[Limit], measure: Measure, cluster: str, type_: str, of: int) -> Most | None:
    """Return what the first limit allows that is about this type on this cluster and says this measure."""
    for limit in limits:
        most = limit.most(measure)
        if most is not None and limit.is_for(cluster, type_):
            return None if most.percent is not None and of < limit.min_objects else most
    return None


def _grouped(addresses: Iterable[Address]) -> dict[Group, list[Address]]:
    out: dict[Group, list[Address]] = {}
    for address in addresses:
        out.setdefault((address.cluster, address.type), []).append(address)
    return out


def blocks(found: Iterable[Breach]) -> Mapping[Address, Block]:
    """Return the blocks of the actions that are over a limit by cluster and type."""
    return {
        address: Block(BlockKind.OVER_LIMIT, item.short)
        for item in found
        if not item.is_of_everything
        for address in item.addresses
    }


def unmatched(
    limits: Sequence[Limit], clusters: Collection[str], is_type: Callable[[str], bool]
) -> Iterator[str]:
    """Yield a sentence for each cluster and type that a limit names and that is not known: it may be
    mistyped. A pattern may be about what is yet to come.
    """
    for number, limit in enumerate(limits):
        unknown = [f"there is no cluster {name}" for name in limit.clusters if not _is_known(name, clusters)]
        unknown += [
            f"there is no type {name}" for name in limit.types if not is_pattern(name) and not is_type(name)
        ]
        yield from (f"safety.limits[{number}] in reconciler.yaml: {why}" for why in unknown)


def _is_known(name: str, clusters: Collection[str]) -> bool:
    return is_pattern(name) or name in clusters
