"""A request on its way through a compiled chain: routes, splits, and the ends that it may reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.sdk.access.answer import Origin, Reason, Verdict
from reconciler.sdk.access.question import ANOTHER, Request
from reconciler.sdk.address import Address
from reconciler_consul.access.judging.matching import matches, path_only
from reconciler_consul.access.judging.outcome import Branch, Outcome, split, stopped, told_apart
from reconciler_consul.access.judging.words import shown
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.body import ROUTER, SPLITTER, text
from reconciler_consul.graph.chains.compiler import Chain
from reconciler_consul.graph.chains.nodes import Ending, Leg
from reconciler_consul.kinds.names import entry_address

Trail = tuple[Reason, ...]
End = Callable[[Ending, Request, Trail], Outcome]
_FULL = 100.0


class Course(NamedTuple):
    """A chain with what decides where its requests go.

    step   the word for its reasons
    gone   whether proxies leave an end out altogether: no cluster can be made of it
    end    what happens at an end
    """

    site: Site
    chain: Chain
    step: str
    gone: Callable[[Ending], bool]
    end: End

    def follow(self, request: Request, trail: Trail) -> Outcome:
        """Return what happens to a request that enters the chain."""
        return self._at(self.chain.start, request, trail)

    def _at(self, key: str, request: Request, trail: Trail) -> Outcome:
        node = self.chain.nodes[key]
        if isinstance(node, Ending):
            return self.end(node, request, trail)
        if key.startswith("router:"):
            return self._route(node, request, trail)
        return self._split(key, node, request, trail)

    def _is_gone(self, key: str) -> bool:
        node = self.chain.nodes[key]
        return isinstance(node, Ending) and self.gone(node)

    # Routers

    def _route(self, routes: tuple[Leg, ...], request: Request, trail: Trail) -> Outcome:
        return told_apart(list(self._branches(routes, request, trail)))

    def _branches(self, routes: tuple[Leg, ...], request: Request, trail: Trail) -> Iterator[Branch]:
        open_ = False  # whether it depends on the request if this is reached
        for index, leg in enumerate(routes):
            http = mapping_of(mapping_of(leg.definition.get("Match")).get("HTTP"))
            matched = matches(http, request)
            if matched is False or self._is_gone(leg.to):
                continue
            open_ |= matched is None
            known = None if open_ else matched
            outcome = self._taken(leg, index if leg.definition else None, known, request, trail)
            yield Branch(shown(http) if matched is None or leg.definition else None, outcome)
            if matched:
                return
        reason = Reason(self.step, Verdict.STOP, "no route matches", self._origin(ROUTER))
        yield Branch(None, stopped(trail, reason))

    def _taken(
        self, leg: Leg, index: int | None, matched: bool | None, request: Request, trail: Trail
    ) -> Outcome:
        if index is None:
            said, origin = "no route of the router matches: its default route", self._origin(ROUTER)
        else:
            http = mapping_of(mapping_of(leg.definition.get("Match")).get("HTTP"))
            said, origin = f"route {shown(http)}", self._origin(ROUTER, ("Routes", index))
        verdict = Verdict.UNKNOWN if matched is None else Verdict.OK
        sent = rewritten(leg.definition, request)
        return self._at(leg.to, sent, (*trail, Reason(self.step, verdict, said, origin)))

    # Splitters

    def _split(self, key: str, node: tuple[Leg, ...], request: Request, trail: Trail) -> Outcome:
        name = key.partition(":")[2].rsplit(".", 2)[0]
        origin = Origin(self.site.name, self._address(SPLITTER, name))
        reason = Reason(self.step, Verdict.OK, f"the splitter of {name} divides requests", origin)
        legs = [(share, leg, sent) for share, leg, sent in self._legs(node, _FULL, request) if share > 0]
        if not legs:
            stop = Reason(self.step, Verdict.STOP, f"no split of {name} has a target", origin)
            return stopped(trail, stop)
        return split(
            (*trail, reason), [(share, self._at(to, sent, (*trail, reason))) for share, to, sent in legs]
        )

    def _legs(
        self, node: tuple[Leg, ...], share: float, request: Request
    ) -> Iterator[tuple[float, str, Request]]:
        for leg in node:
            part = share * _weight(leg.definition) / _FULL
            sent = manipulated(mapping_of(leg.definition.get("RequestHeaders")), request)
            inner = self.chain.nodes[leg.to]
            if isinstance(inner, Ending):
                if not self.gone(inner):
                    yield part, leg.to, sent
            else:
                yield from self._legs(inner, part, sent)

    def _origin(self, kind: str, path: tuple[str | int, ...] = ()) -> Origin:
        return Origin(self.site.name, self._address(kind, self.chain.service), path)

    def _address(self, kind: str, name: str) -> Address:
        body = self.site.entry(kind, name) or {}
        return entry_address((kind, text(body.get("Name")) or name), self.site.name)


def _weight(split_: Mapping[str, Any]) -> float:
    weight = split_.get("Weight")
    if not isinstance(weight, int | float) or not 0 <= weight <= _FULL:  # as NaN is not
        return 0.0
    return round(float(weight), 2)  # servers keep hundredths


def rewritten(route: Mapping[str, Any], request: Request) -> Request:
    """Return the request as a route sends it on: its path rewritten, its headers changed."""
    destination = mapping_of(route.get("Destination"))
    request = manipulated(mapping_of(destination.get("RequestHeaders")), request)
    rewrite = text(destination.get("PrefixRewrite"))
    http = mapping_of(mapping_of(route.get("Match")).get("HTTP"))
    exact = text(http.get("PathExact"))
    if request.path is None and exact and not http.get("CaseInsensitive"):
        request = Request(request.method, exact, request.headers)
    if not rewrite or request.path is None:
        return request
    bare = path_only(request.path)
    rest = request.path[len(bare) :]
    is_whole = exact or text(http.get("PathRegex"))
    kept = "" if is_whole else bare[len(text(http.get("PathPrefix")) or "/") :]
    return Request(request.method, rewrite + kept + rest, request.headers)


def manipulated(change: Mapping[str, Any], request: Request) -> Request:
    """Return the request with headers added, set and removed."""
    if not change or request.headers is None:
        return request
    headers = {name.lower(): value for name, value in request.headers.items()}
    for name in change.get("Remove") or ():
        headers.pop(str(name).lower(), None)
    for name, value in mapping_of(change.get("Add")).items():
        low = str(name).lower()
        headers[low] = f"{headers[low]}{ANOTHER}{value}" if low in headers else str(value)
    for name, value in mapping_of(change.get("Set")).items():
        headers[str(name).lower()] = str(value)
    return Request(request.method, request.path, headers)
