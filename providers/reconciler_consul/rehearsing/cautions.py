"""What has to be so, beyond what a world has, for a rehearsal to come true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.sdk.access.answer import Answer, Decision, Share
from reconciler.sdk.access.protocol import World
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.rehearsal import Loss, LossKind, Rehearsed
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.rehearsing.losing import lost

_ANSWERED = (Decision.ALLOWED, Decision.DEPENDS)


def cautions(world: World, losses: Sequence[Loss], calls: Iterable[Rehearsed]) -> Iterator[str]:
    """Yield a sentence for each lost cluster that calls pass over on their way to another service.

    Its servers are gone too: the clusters that import from it go on listing its instances as healthy (seen
    with 1.16, 1.20 and 1.22). Envoy ejects no gateway where that would be more than `max_ejection_percent`
    (10) of all, so with less than ten gateways there no call fails over unless the callers raise it.
    """
    moved = [one for one in calls if _answering(one.after) - _answering(one.before)]
    for loss in losses:
        if loss.kind is LossKind.CLUSTER and _is_passed_over(world, losses, loss, moved):
            yield _caution(loss.cluster)


def _is_passed_over(world: World, losses: Sequence[Loss], loss: Loss, moved: Iterable[Rehearsed]) -> bool:
    """Say whether one of these calls would be answered in a lost cluster, if that alone were still there."""
    there = ConsulAnalysis(lost(world, [one for one in losses if one != loss]))
    questions = (one.before.question for one in moved)
    return any(loss.cluster in _clusters(there.answer(question)) for question in questions)


def _clusters(answer: Answer) -> set[str]:
    return {service.cluster for service in _answering(answer)}


def _answering(answer: Answer) -> set[Service]:
    found: list[Answer | Share] = [answer, *answer.shares]
    return {one.answered_by for one in found if one.answered_by and one.decision in _ANSWERED}


def _caution(cluster: str) -> str:
    return (
        f"where the servers of {cluster} are down as well, the clusters that import from it still take its "
        "instances for healthy. Calls then fail over only where the proxies of their callers may eject all "
        f"gateways of {cluster}: service_defaults of the caller with "
        "upstream_config.defaults.passive_health_check.max_ejection_percent: 100 (Consul 1.16 or newer)"
    )
