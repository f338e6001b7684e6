"""A toy of an analysis: each object opens what its body lists, as `Open: ["web@dc1 -> api@dc2 GET /v1/*"]`.

What nobody opens is denied. A path that ends in ` ?` is not known, one with more words depends on the
request. An object of the type `link` is the way: where its `Ways` do not list a path that others open, it is
unreachable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.sdk.access.answer import Answer, Decision, Origin, Reason, Verdict
from reconciler.sdk.access.change import AccessChange, AccessChanges
from reconciler.sdk.access.protocol import Analysis, World
from reconciler.sdk.access.question import ANY_REQUEST, Question, Request, Service
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body

Pair = tuple[Service, Service]


class ToyAnalysis:
    """The analysis of a toy world: address text -> body."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.opens: dict[Pair, tuple[str, str]] = {}  # the limits of a path, and the object that opens it
        self.ways: dict[Pair, str] = {}
        for address, body in world.items():
            for text in body.get("Open", ()):
                self.opens[_pair(text)] = (" ".join(text.split(" ")[3:]), address)
            for text in body.get("Ways", ()):
                self.ways[_pair(text)] = address

    @property
    def clusters(self) -> Sequence[str]:
        return sorted({service.cluster for service in self.services})

    @property
    def services(self) -> Sequence[Service]:
        return sorted({service for pair in self.opens for service in pair})

    @property
    def callers(self) -> Sequence[Service]:
        return self.services

    @property
    def unknown(self) -> Mapping[str, str]:
        return {}

    def answer(self, question: Question) -> Answer:
        assert question.to is not None
        pair = (question.caller, question.to)
        limits, address = self.opens.get(pair, ("-", ""))
        if limits == "-":
            return Answer(
                question, Decision.DENIED, because=(Reason("default", Verdict.STOP, "default deny"),)
            )
        if any("Ways" in body for body in self.world.values()) and pair not in self.ways:
            return Answer(
                question, Decision.UNREACHABLE, because=(Reason("peering", Verdict.STOP, "no peering"),)
            )
        origin = Origin(question.to.cluster, Address.parse(address))
        verdict = Verdict.UNKNOWN if limits else Verdict.OK
        step = "default" if limits == "?" else "permissions" if limits else "intention"
        reason = Reason(step, verdict, f"{question.caller} allow", origin)
        decision = Decision.DEPENDS if limits else Decision.ALLOWED
        conditions = ("the default is not known",) if limits == "?" else (limits,) if limits else ()
        return Answer(question, decision, question.to, because=(reason,), conditions=conditions)

    def pairs(
        self, callers: Collection[Service] | None, to: Collection[Service] | None, request: Request
    ) -> Iterator[Answer]:
        for caller in callers if callers is not None else self.services:
            for target in to if to is not None else self.services:
                yield self.answer(Question(caller, target, request=request))

    def changes(self, after: Analysis, touched: Iterable[Address]) -> AccessChanges:
        assert isinstance(after, ToyAnalysis)
        objects = set(touched)
        found: dict[str, list[AccessChange]] = {"opened": [], "closed": [], "changed": []}
        pairs = sorted({**self.opens, **after.opens})
        for caller, to in pairs:
            question = Question(caller, to, request=ANY_REQUEST)
            one, other = self.answer(question), after.answer(question)
            if (one.decision, one.conditions) != (other.decision, other.conditions):
                passed = [item.decision in (Decision.ALLOWED, Decision.DEPENDS) for item in (one, other)]
                effect = "opened" if passed == [False, True] else "closed" if passed == [True, False] else ""
                change = AccessChange(caller, to, one, other, self._behind(after, (caller, to)) & objects)
                found[effect or "changed"].append(change)
        same = len(pairs) - sum(map(len, found.values()))
        return AccessChanges(**{name: tuple(items) for name, items in found.items()}, unchanged=same)

    def _behind(self, after: ToyAnalysis, pair: Pair) -> frozenset[Address]:
        texts = {one.opens[pair][1] for one in (self, after) if pair in one.opens}
        texts |= {one.ways[pair] for one in (self, after) if pair in one.ways}
        return frozenset(Address.parse(text) for text in texts)


def _pair(text: str) -> Pair:
    caller, _, to, *_ = text.split(" ")
    return Service.parse(caller), Service.parse(to)


class ToyAnalyses:
    """A provider that knows toy worlds."""

    asked = 0

    async def snapshot(self) -> World:
        return {}

    async def seen(self, live: Mapping[Address, Body], touched: Mapping[Address, Body | None]) -> World:
        self.asked += 1
        return self.declared(live)

    def declared(self, objects: Mapping[Address, Body], *, over: World | None = None) -> World:
        return {**(over or {}), **{str(address): body for address, body in objects.items()}}

    def changed(self, world: World, bodies: Mapping[Address, Body | None]) -> World:
        out: dict[str, Any] = dict(world)
        for address, body in bodies.items():
            out.pop(str(address), None)
            if body is not None:
                out[str(address)] = body
        return out

    def analysis(self, world: World) -> Analysis:
        return ToyAnalysis(world)
