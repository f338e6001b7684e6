"""Answers of every decision, and results of any size, for tests of what shows them."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.access import AccessResult, WorldSource
from reconciler.sdk.access.answer import Answer, Decision, Origin, Reason, Share, Verdict
from reconciler.sdk.access.question import ANY, Question, Request, Service, Upstream
from reconciler.sdk.address import Address

WEB, API = Service("dc2", "web"), Service("dc1", "api")
INTENTION = Address("service_intentions", "dc1", "api")
EXPORTS = Address("exported_services", "dc1", "default")


def reasons(decision: Decision, caller: Service = WEB, to: Service = API) -> tuple[Reason, ...]:
    """Return the steps of a call over a peering that ends with this decision."""
    verdict = {
        Decision.ALLOWED: Verdict.OK, Decision.DENIED: Verdict.STOP,
        Decision.UNREACHABLE: Verdict.NOT_REACHED,
    }.get(decision, Verdict.UNKNOWN)  # fmt: skip
    up = decision is not Decision.UNREACHABLE
    intention = Origin(to.cluster, Address("service_intentions", to.cluster, to.name), ("Sources", 0))
    exports = Origin(to.cluster, Address("exported_services", to.cluster, "default"), ("Services", 2))
    return (
        Reason("peering", Verdict.OK, f"{to.cluster} <-> {caller.cluster}: active", Origin(to.cluster)),
        Reason("export", Verdict.OK if up else Verdict.STOP,
               f"{to.name} is {'' if up else 'not '}exported to {caller.cluster}", exports),
        Reason("intention", verdict, f"first match: {caller.name} of peer {caller.cluster}", intention),
    )  # fmt: skip


def answer(decision: Decision, caller: Service = WEB, to: Service | None = API) -> Answer:
    """Return an answer with this decision."""
    at = to or API
    shares: tuple[Share, ...] = ()
    if decision is Decision.MIXED:
        shares = (
            Share(90, Decision.ALLOWED, answered_by=at, because=reasons(Decision.ALLOWED, caller, at)),
            Share(10, Decision.DENIED, denied_at=Service(at.cluster, "canary")),
        )
    return Answer(
        Question(caller, to, None if to is not None else Upstream("api", "dc1")),
        decision,
        answered_by=at if decision in {Decision.ALLOWED, Decision.DEPENDS} else None,
        denied_at=at if decision is Decision.DENIED else None,
        because=reasons(decision, caller, at),
        conditions=("GET /v1/*",) if decision is Decision.DEPENDS else (),
        shares=shares,
        gateways=(at.cluster,) if caller.cluster != at.cluster else (),
    )


def result(*answers: Answer, **more: object) -> AccessResult:
    """Return answers as what was asked about."""
    services = {one.question.caller for one in answers} | {one.question.to or API for one in answers}
    names = tuple(sorted({service.cluster for service in services}))
    given: dict[str, object] = {"clusters": names, "services": tuple(sorted(services)), **more}
    return AccessResult(answers, **given)  # type: ignore[arg-type]


EVERYTHING = result(
    *(answer(decision) for decision in Decision),
    answer(Decision.DENIED, Service("dc2", ANY)),
    answer(Decision.ALLOWED, WEB, None),
    source=WorldSource.SNAPSHOT, file="out.json", taken_at="2026-01-01T00:00:00Z",
    unknown={"dc3": "it did not answer (connection refused)"},
)  # fmt: skip
HOSTILE = result(
    answer(
        Decision.DENIED,
        Service("dc2", '</script><img src=x onerror=alert(1)>|`"*_[a](http://x)\u202e\x1b[31m'),
        Service("dc1", "=cmd|' /C calc'!A0"),
    )
)
_NAMES = ("web", "api", "cart", "pay", "user", "auth", "search", "mail", "feed", "stock")


def estate(services: int, clusters: int) -> AccessResult:
    """Return a result with so many services on so many clusters; most pairs of it are denied."""
    regions = ("eu", "us", "ap")
    named = [f"{regions[number % 3]}-{number // 3 + 1}" for number in range(clusters)]
    every = [
        Service(named[number % clusters], f"{_NAMES[number % 10]}-{number // 10}")
        for number in range(services)
    ]
    every.sort()
    return result(*_pairs(every), source=WorldSource.LIVE)


def _pairs(services: list[Service]) -> Iterator[Answer]:
    order = (Decision.ALLOWED, Decision.DEPENDS, Decision.MIXED, Decision.UNREACHABLE)
    for i, caller in enumerate(services):
        for j, to in enumerate(services):
            if caller == to:
                continue
            number = (i * 7 + j * 13 + (i * j) % 11) % 23
            decision = order[0] if number < 5 else order[number - 4] if number < 8 else Decision.DENIED
            yield answer(decision, caller, to)


ONE_REQUEST = Answer(
    Question(WEB, API, None, Request("GET", "/v1/items", {"x-version": "2"})),
    Decision.ALLOWED, API, None, reasons(Decision.ALLOWED),
)  # fmt: skip
