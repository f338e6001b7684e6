"""Finding out why clusters that are up do not work together. Reads only; takes no lock."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.app.options import Options
from reconciler.app.reaching.choice import WorldChoice
from reconciler.app.reaching.choosing import asked_world
from reconciler.app.reaching.places import Places
from reconciler.app.reaching.world import AskedWorld, Part
from reconciler.config.clusters.names import did_you_mean
from reconciler.model.failure import Cause, Failure
from reconciler.model.reaching.checkup import Checkup
from reconciler.sdk.access.diagnosis import Diagnoses, Diagnosis
from reconciler.sdk.access.question import Service
from reconciler.sdk.dataclass import dataclass


async def diagnose(options: Options, choice: WorldChoice, wanted: Sequence[str]) -> Checkup:
    """Return what is wrong on the live clusters, or in the snapshot of `choice`.

    wanted   what is asked about: `peering.dc1/dc2` or `dc1/dc2`, `SERVICE@CLUSTER`, `CLUSTER`; nothing: all

    Raises `Failure`: what is asked about is not there, or a file cannot be read.
    """
    here = WorldChoice(live=choice.snapshot is None, snapshot=choice.snapshot, addresses=True)
    world = await asked_world(options, here)
    scopes = [_scope(text, world) for text in wanted]
    every = [one for part in world.parts for one in _findings(part)]
    found = tuple(one for one in every if not scopes or any(scope.has(one) for scope in scopes))
    return Checkup(
        found,
        world.clusters,
        tuple(wanted),
        len(every) - len(found),
        world.source,
        str(choice.snapshot or ""),
        world.taken_at,
        world.all_unknown,
        world.warnings,
        Places(world).of,
    )


def _findings(part: Part) -> Sequence[Diagnosis]:
    if not isinstance(part.provider, Diagnoses):
        return ()
    return part.provider.diagnosed(part.world, part.declared)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is asked about: findings that concern only these clusters, and of names this one.

    near   the clusters with a peering to that of a service: its requests come from and go there
    """

    clusters: frozenset[str]
    service: str = ""
    near: frozenset[str] = frozenset()

    def has(self, one: Diagnosis) -> bool:
        """Say whether a finding, or something that follows from it, is about it."""
        return self._is_about(one) or any(map(self.has, one.consequences))

    def _is_about(self, one: Diagnosis) -> bool:
        if not self.service:
            return bool(one.clusters & self.clusters) and (
                len(self.clusters) == 1 or one.clusters <= self.clusters
            )
        around = self.clusters | self.near
        if self.service in one.services:
            return bool(one.clusters & around)
        return not one.services and bool(one.clusters & self.clusters) and one.clusters <= around


def _scope(text: str, world: AskedWorld) -> _Scope:
    if "@" in text:
        return _of_service(text, world)
    names = text.removeprefix("peering.").split("/")
    for name in names:
        _known(name, text, world)
    if len(names) > 2 or (len(names) == 2 and not _are_peered(names, world)):
        raise Failure(Cause.USAGE, f"{text}: there is no such peering", hint="write both clusters: dc1/dc2")
    return _Scope(frozenset(names))


def _of_service(text: str, world: AskedWorld) -> _Scope:
    try:
        service = Service.parse(text)
    except ValueError as error:
        raise Failure(Cause.USAGE, str(error)) from None
    _known(service.cluster, text, world)
    if service not in world.services:
        hint = did_you_mean(text, [str(one) for one in world.services])
        raise Failure(Cause.USAGE, f"{text}: there is no such service", hint=hint)
    return _Scope(frozenset({service.cluster}), service.name, _peers(service.cluster, world))


def _known(name: str, text: str, world: AskedWorld) -> None:
    if name not in world.clusters:
        hint = did_you_mean(name, list(world.clusters))
        raise Failure(Cause.USAGE, f"{text}: there is no cluster {name}", hint=hint)


def _links(world: AskedWorld) -> set[frozenset[str]]:
    """Return the pairs of clusters with a peering."""
    items = (item for part in world.parts for item in part.world.get("peerings") or ())
    return {frozenset((str(item.get("acceptor")), str(item.get("dialer")))) for item in items}


def _are_peered(names: Sequence[str], world: AskedWorld) -> bool:
    return frozenset(names) in _links(world)


def _peers(cluster: str, world: AskedWorld) -> frozenset[str]:
    return frozenset(name for pair in _links(world) if cluster in pair for name in pair)
