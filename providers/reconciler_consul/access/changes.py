"""What a change of a world does to access: the pairs that it can concern, before and after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.change import AccessChange, AccessChanges
from reconciler.sdk.access.protocol import Analysis
from reconciler.sdk.access.question import Question
from reconciler.sdk.address import Address
from reconciler_consul.access.beyond import beyond
from reconciler_consul.access.network.world import Network
from reconciler_consul.access.touched import Touched
from reconciler_consul.access.touching import Pair


class Answering(Analysis, Protocol):
    """The analysis of one world, with its network."""

    network: Network


def changes(before: Answering, after: Answering, touched: Iterable[Address]) -> AccessChanges:
    """Return what opens, closes and changes between two worlds that differ in these objects."""
    pairs: dict[Pair, set[Address]] = {}
    objects = list(touched)
    for address in objects:
        for mine, its in ((before, after), (after, before)):
            for pair in Touched(mine.network, its.network).by(address):
                pairs.setdefault(pair, set()).add(address)
    opened: list[AccessChange] = []
    closed: list[AccessChange] = []
    changed: list[AccessChange] = []
    unchanged, unsure = 0, _unlisted(before, after, objects)
    for pair in sorted(pairs):
        question = Question(*pair)
        was, will = before.answer(question), after.answer(question)
        unsure |= was.unsure_of | will.unsure_of
        change = _compared(was, will, pair, pairs[pair])
        if change is None:
            unchanged += 1
        else:
            _group(change, opened, closed, changed).append(change)
    both = {**before.unknown, **after.unknown}
    unknown = {cluster: why for cluster, why in both.items() if cluster in unsure}
    unknown = {**beyond((before.network, after.network), objects), **unknown}
    return AccessChanges(tuple(opened), tuple(closed), tuple(changed), unchanged, unknown)


def _compared(was: Answer, will: Answer, pair: Pair, objects: set[Address]) -> AccessChange | None:
    if _said(was) == _said(will) or not (was.may_succeed or will.may_succeed):
        return None
    return AccessChange(*pair, was, will, frozenset(objects))


def _said(answer: Answer) -> tuple[object, ...]:
    shares = tuple((s.percent, s.decision, s.answered_by, s.denied_at) for s in answer.shares)
    return answer.decision, answer.answered_by, answer.denied_at, answer.conditions, shares


def _group(
    change: AccessChange, opened: list[AccessChange], closed: list[AccessChange], changed: list[AccessChange]
) -> list[AccessChange]:
    was, will = change.before.may_succeed, change.after.may_succeed
    return changed if was == will else opened if will else closed


def _unlisted(before: Answering, after: Answering, touched: Iterable[Address]) -> set[str]:
    """Return the clusters of the objects whose peerings are not known: there may be pairs that were not
    found.
    """
    ends = {address.cluster for address in touched} | {a.name for a in touched if a.type == "peering"}
    networks = (before.network, after.network)
    return {name for name in ends if any(network.site(name).peerings_unknown for network in networks)}
