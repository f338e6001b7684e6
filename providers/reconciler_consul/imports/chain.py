"""A cluster's own names that lead to a service of a peer: redirects, failover, splits and routes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.imports import LocalName
from reconciler.sdk.provider import Body
from reconciler_consul.imports.entries import RESOLVER, ROUTER, SPLITTER, Entries, items, struct

Target = tuple[str, str]  # the local name of a peer, a service there

REDIRECT, FAILOVER, SPLIT, ROUTE = "redirect", "failover", "split", "route"


@dataclass(slots=True)
class LocalNames:
    """An index over one cluster's entries: which names lead to which service of which peer."""

    direct: dict[Target, list[LocalName]] = field(default_factory=dict)
    leading: dict[str, list[LocalName]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Entries) -> LocalNames:
        """Read the entries once."""
        made = cls()
        for name, body in sorted(entries.of(RESOLVER).items()):
            made._resolver(name, body)
        for name, body in sorted(entries.of(SPLITTER).items()):
            for item in items(body.get("Splits")):
                made._leads(str(item.get("Service") or name), name, SPLIT, _percent(item.get("Weight")))
        for name, body in sorted(entries.of(ROUTER).items()):
            for item in items(body.get("Routes")):
                target = str(struct(item.get("Destination")).get("Service") or name)
                made._leads(target, name, ROUTE, _match(item))
        return made

    def to(self, peer: str, service: str) -> tuple[LocalName, ...]:
        """Return all that lead there: those that name the peer, then those that lead to a redirect among
        them.
        """
        found: dict[LocalName, None] = {}
        waiting = list(self.direct.get((peer, service), ()))
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found[name] = None
                waiting += self.leading.get(name.name, ()) if name.way == REDIRECT else ()
        return tuple(found)

    def _resolver(self, name: str, body: Body) -> None:
        redirect = struct(body.get("Redirect"))
        if redirect.get("Peer"):
            target = (str(redirect["Peer"]), str(redirect.get("Service") or name))
            self.direct.setdefault(target, []).append(LocalName(name, REDIRECT))
        elif redirect.get("Service") and not redirect.get("Datacenter"):
            self._leads(str(redirect["Service"]), name, REDIRECT, "")
        for subset, service, peer in _failover_targets(name, body):
            detail = "" if subset == "*" else f"of subset {subset}"
            self.direct.setdefault((peer, service), []).append(LocalName(name, FAILOVER, detail))

    def _leads(self, target: str, name: str, way: str, detail: str) -> None:
        if target != name:
            self.leading.setdefault(target, []).append(LocalName(name, way, detail))


def _failover_targets(name: str, body: Body) -> Iterator[tuple[str, str, str]]:
    """Yield subset, service and peer of every target at a peer."""
    for subset, entry in struct(body.get("Failover")).items():
        for target in items(struct(entry).get("Targets")):
            if target.get("Peer"):
                yield str(subset), str(target.get("Service") or name), str(target["Peer"])


def _percent(weight: Any) -> str:
    return f"{weight:g} %" if isinstance(weight, int | float) else ""


def _match(route: Mapping[str, Any]) -> str:
    """Return what identifies a route to a reader: its path."""
    http = struct(struct(route.get("Match")).get("HTTP"))
    found = ((name, http.get(name)) for name in ("PathExact", "PathPrefix", "PathRegex"))
    return next((f"{value}{_MARKS[name]}" for name, value in found if value), "")


_MARKS = {"PathExact": "", "PathPrefix": "*", "PathRegex": " (regex)"}
