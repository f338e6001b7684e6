"""What a rehearsal says of a loss is what the analysis says of the world without it, for every call."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence

import pytest

from reconciler.sdk.access.question import ANY, Question, Service
from reconciler.sdk.access.rehearsal import Loss, LossKind, Rehearsed
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.rehearsing.concerned import rehearsed
from tests.support.access.random_worlds import CLUSTERS, Entry, ailing, said
from tests.support.tables import each

Calls = dict[tuple[Service, Service], Rehearsed]


def losses(chance: random.Random, world: Entry) -> list[Loss]:
    """Up to three losses of any kind, each once."""
    found = dict.fromkeys(_loss(chance, world) for _ in range(chance.randint(1, 3)))
    return [one for one in found if one is not None] or [Loss(LossKind.CLUSTER, "one")]


def _loss(chance: random.Random, world: Entry) -> Loss | None:
    kind, cluster = chance.choice(list(LossKind)), chance.choice(CLUSTERS)
    if kind is LossKind.PEERING:
        one, other = sorted(chance.sample(CLUSTERS, 2))
        return Loss(kind, one, other)
    if kind is not LossKind.SERVICE:
        there = kind is LossKind.CLUSTER or world["clusters"][cluster]["gateway"] is not False
        return Loss(kind, cluster) if there else None
    running = [one["name"] for one in world["clusters"][cluster]["services"]]
    return Loss(kind, cluster, chance.choice(running)) if running else None


def without(world: Entry, lost: Sequence[Loss]) -> Entry:
    """The snapshot as somebody would change it by hand."""
    made = copy.deepcopy(world)
    for loss in lost:
        cluster = made["clusters"][loss.cluster]
        if loss.kind in (LossKind.CLUSTER, LossKind.GATEWAY):
            cluster["gateway"] = False
        if loss.kind is LossKind.CLUSTER:
            cluster.get("unknown", {}).pop("services", None)
        for service in cluster["services"]:
            if loss.kind is LossKind.CLUSTER or (loss.kind, loss.name) == (LossKind.SERVICE, service["name"]):
                service["healthy"] = False
        if loss.kind is LossKind.PEERING:
            ends = {loss.cluster, loss.name}
            made["peerings"] = [one for one in made["peerings"] if {one["acceptor"], one["dialer"]} != ends]
    return made


def check(seed: int) -> int:
    """Return how many calls a loss changes; each has to be among those of the rehearsal."""
    chance = random.Random(seed)
    world = ailing(chance)
    lost = losses(chance, world)
    before, after = ConsulAnalysis(world), ConsulAnalysis(without(world, lost))
    found: Calls = {_pair(one): one for one in rehearsed(world, lost)}
    for pair, one in found.items():
        question = Question(*pair)
        assert said(one.before) == said(before.answer(question)), (seed, pair)
        assert said(one.after) == said(after.answer(question)), (seed, pair)
    return sum(_differs(found, before, after, caller) for caller in _callers(before, lost))


def _callers(before: ConsulAnalysis, lost: Sequence[Loss]) -> Iterator[Service]:
    """Yield who is left to call; `*` where it is not known what runs."""
    down = {loss.cluster for loss in lost if loss.kind is LossKind.CLUSTER}
    gone = {(loss.cluster, loss.name) for loss in lost if loss.kind is LossKind.SERVICE}
    for cluster in CLUSTERS:
        for name in before.network.site(cluster).running or (ANY,):
            if cluster not in down and (cluster, name) not in gone:
                yield Service(cluster, name)


def _pair(one: Rehearsed) -> tuple[Service, Service]:
    assert one.before.question.to is not None
    return one.before.question.caller, one.before.question.to


def _differs(found: Calls, before: ConsulAnalysis, after: ConsulAnalysis, caller: Service) -> int:
    differing = 0
    for to in before.services:
        was, will = before.answer(Question(caller, to)), after.answer(Question(caller, to))
        if caller == to or said(was) == said(will) or not (was.may_succeed or will.may_succeed):
            continue
        one = found.get((caller, to)) or found.get((Service(caller.cluster, ANY), to))
        assert one is not None, (str(caller), str(to), was, will)
        assert (said(one.before), said(one.after)) == (said(was), said(will)), (str(caller), str(to))
        differing += 1
    return differing


def test_a_rehearsal_is_what_the_analysis_says_of_the_world_without_what_is_lost() -> None:
    assert sum(map(check, range(30, 70))) > 50  # among them a wildcard export of services that are not known


@pytest.mark.long
@each("first", range(1000, 1500, 50))
def test_rehearsals_of_many_worlds(first: int) -> None:
    assert sum(map(check, range(first, first + 50))) > 50
