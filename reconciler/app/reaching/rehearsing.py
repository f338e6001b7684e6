"""Rehearsing losses: what becomes of calls where clusters, gateways, services or peerings are gone.

Reads only; takes no lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.app.options import Options
from reconciler.app.reaching.choice import WorldChoice
from reconciler.app.reaching.choosing import asked_world
from reconciler.app.reaching.world import AskedWorld, Part
from reconciler.config.clusters.names import did_you_mean
from reconciler.model.failure import Cause, Failure
from reconciler.model.reaching.rehearsal import Rehearsal
from reconciler.sdk.access.rehearsal import Loss, LossKind, Rehearsals, Rehearsed

_GATEWAY = "gateway"
_FORMS = "write CLUSTER, gateway@CLUSTER or SERVICE@CLUSTER"


async def rehearse(
    options: Options, choice: WorldChoice, down: Sequence[str], without: Sequence[str]
) -> Rehearsal:
    """Return what becomes of calls where all of this is lost.

    down     `CLUSTER`, `gateway@CLUSTER`, `SERVICE@CLUSTER`
    without  a peering: `peering.dc1/dc2`, or `dc1/dc2`

    Raises `Failure`: a loss that is none, or of what the world does not have; a file that cannot be read.
    """
    if not down and not without:
        hint = "name it with --down CLUSTER, --down SERVICE@CLUSTER or --without PEERING, or give --plan FILE"
        raise Failure(Cause.USAGE, "nothing to rehearse: nothing is lost", hint=hint)
    losses = _each_once((*map(_down, down), *map(_without, without)))
    world = await asked_world(options, choice)
    said = [_said(part, own) for part, own in _by_part(world, losses)]
    return Rehearsal(
        tuple(map(str, losses)),
        tuple(one for calls, _ in said for one in calls),
        choice.source,
        str(choice.snapshot or ""),
        world.taken_at,
        world.all_unknown,
        world.warnings,
        tuple(one for _, cautions in said for one in cautions),
    )


def _each_once(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Return each loss once: a peering is the same one from both of its ends."""
    found: dict[object, Loss] = {}
    for loss in losses:
        ends = (
            frozenset((loss.cluster, loss.name))
            if loss.kind is LossKind.PEERING
            else (loss.cluster, loss.name)
        )
        found.setdefault((loss.kind, ends), loss)
    return tuple(found.values())


def _down(text: str) -> Loss:
    name, at, cluster = text.rpartition("@")
    if not cluster or (at and not name) or "/" in text:
        raise Failure(Cause.USAGE, f"--down {text}: not a cluster, gateway or service", hint=_FORMS)
    if not at:
        return Loss(LossKind.CLUSTER, cluster)
    return Loss(LossKind.GATEWAY, cluster) if name == _GATEWAY else Loss(LossKind.SERVICE, cluster, name)


def _without(text: str) -> Loss:
    one, slash, other = text.removeprefix("peering.").partition("/")
    if not (one and slash and other):
        hint = "write both clusters: --without dc1/dc2"
        raise Failure(Cause.USAGE, f"--without {text}: not a peering", hint=hint)
    return Loss(LossKind.PEERING, one, other)


def _by_part(world: AskedWorld, losses: Iterable[Loss]) -> Iterator[tuple[Part, list[Loss]]]:
    """Yield the parts of the world that lose something, with what they lose."""
    by_part: dict[int, list[Loss]] = {}
    for loss in losses:
        by_part.setdefault(_part_of(world, loss), []).append(loss)
    yield from ((world.parts[index], own) for index, own in sorted(by_part.items()))


def _part_of(world: AskedWorld, loss: Loss) -> int:
    for index, part in enumerate(world.parts):
        if loss.cluster in (part.world.get("clusters") or ()):
            return index
    hint = did_you_mean(loss.cluster, list(world.clusters))
    raise Failure(Cause.USAGE, f"{loss}: there is no cluster {loss.cluster}", hint=hint)


def _said(part: Part, losses: Sequence[Loss]) -> tuple[list[Rehearsed], list[str]]:
    """Return what becomes of calls, and what has to be so for that."""
    provider = part.provider
    if not isinstance(provider, Rehearsals):
        raise Failure(Cause.USAGE, f"the provider of {losses[0].cluster} cannot rehearse losses")
    try:
        calls = list(provider.rehearsed(part.world, losses))
    except ValueError as error:
        raise Failure(Cause.USAGE, str(error)) from None
    return calls, list(provider.cautions(part.world, losses, calls))
