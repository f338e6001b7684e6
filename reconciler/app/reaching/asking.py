"""Asking who can call whom. Reads only; takes no lock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from reconciler.app.options import Options
from reconciler.app.reaching.allowing import allowing
from reconciler.app.reaching.choice import PairSelection, WorldChoice
from reconciler.app.reaching.choosing import asked_world
from reconciler.app.reaching.places import Places
from reconciler.app.reaching.selecting import Selected, selected, upstream_of
from reconciler.app.reaching.world import AskedWorld
from reconciler.model.access import AccessResult
from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.protocol import Analysis
from reconciler.sdk.access.question import ANY_REQUEST, Question, Request, Service, Upstream


async def ask(
    options: Options, choice: WorldChoice, selection: PairSelection, request: Request = ANY_REQUEST
) -> AccessResult:
    """Answer what happens to a request of each selected caller to each selected destination.

    Raises `Failure`: a file that cannot be read, a pattern that is none or names an unknown cluster, a
    configuration with errors. With a snapshot no configuration is needed and no cluster is contacted.
    """
    began = asyncio.get_running_loop().time()
    world = await asked_world(options, choice)
    who, upstream = selected(selection, world), upstream_of(selection)
    found = [
        (part, answer) for part in world.parts for answer in _answers(part.analysis, who, upstream, request)
    ]
    return AccessResult(
        tuple(answer for _, answer in found),
        choice.source,
        file=str(choice.plan or choice.snapshot or ""),
        taken_at=world.taken_at,
        clusters=world.clusters,
        services=world.services if who.callers is None and who.to is None else None,
        unknown=_unknown(world, selection, [answer for _, answer in found]),
        warnings=world.warnings,
        requests=world.requests,
        elapsed=asyncio.get_running_loop().time() - began,
        allowing=allowing(*found[0]) if len(found) == 1 else None,
        apart=_apart(who, [answer for _, answer in found]),
        place_of=Places(world).of,
    )


def _unknown(world: AskedWorld, selection: PairSelection, answers: Sequence[Answer]) -> dict[str, str]:
    """Return why a part of the world is not known, by cluster: where an answer depends on it, or all services
    were asked about.
    """
    if not selection.callers and not selection.to:
        return world.all_unknown
    asked = {one.cluster for answer in answers for one in (answer.question.caller, answer.question.to) if one}
    unsure = {cluster for answer in answers for cluster in answer.unsure_of}
    others = {name for name in world.unknown if name in asked}
    return {name: why for name, why in world.all_unknown.items() if name in unsure | others}


def _apart(who: Selected, answers: Sequence[Answer]) -> int:
    """Return how many pairs of selected callers and destinations have no answer."""
    if who.callers is None or who.to is None:
        return 0
    same = len({*who.callers} & {*who.to})
    answered = {(one.question.caller, one.question.to) for one in answers}
    between = sum(1 for caller, to in answered if caller != to)
    return max(len({*who.callers}) * len({*who.to}) - same - between, 0)


def _answers(
    analysis: Analysis, who: Selected, upstream: Upstream | None, request: Request
) -> Iterator[Answer]:
    """Yield the answers of one analysis: of what is dialed, or of all pairs."""
    if upstream is None and not who.exact:
        yield from analysis.pairs(who.callers, who.to, request)
        return
    for caller in who.callers or ():
        for to in _destinations(who.to):
            yield analysis.answer(Question(caller, to, upstream, request))


def _destinations(to: Sequence[Service] | None) -> Sequence[Service | None]:
    """Return the destinations of what is dialed: where none is named, the answer says which it is."""
    return (None,) if to is None else to
