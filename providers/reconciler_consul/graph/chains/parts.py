"""The entries that one service's chain is made of."""

from __future__ import annotations

from dataclasses import field

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import RESOLVER, ROUTER, SPLITTER, related
from reconciler_consul.graph.holdings import Reader


@dataclass(slots=True)
class Parts:
    """The entries that one chain is made of. `named` are the services whose own defaults come with them."""

    router: Body | None = None
    splitters: dict[str, Body] = field(default_factory=dict)
    resolvers: dict[str, Body] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    @property
    def empty(self) -> bool:
        """Whether no entry says anything about the service."""
        return self.router is None and not self.splitters and not self.resolvers


def parts(reader: Reader, service: str) -> Parts:
    """Return every router, splitter and resolver that a service's chain uses; `reader` records all that is
    read.
    """
    found = Parts(reader.get(ROUTER, service))
    start = {service} | (related(ROUTER, service, found.router) if found.router is not None else set())
    seen = _follow(reader, SPLITTER, start, found.splitters)
    found.named = _follow(reader, RESOLVER, seen, found.resolvers)
    return found


def _follow(reader: Reader, kind: str, start: set[str], out: dict[str, Body]) -> set[str]:
    todo, seen = sorted(start), set(start)
    for name in todo:
        body = reader.get(kind, name)
        if body is not None:
            out[name] = body
            further = sorted(related(kind, name, body) - seen)
            seen.update(further)
            todo += further
    return seen
