"""Resolvers, splitters and routers of one cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.traffic.campaign.drawing.conditions import match
from tests.traffic.campaign.drawing.dice import Dice
from tests.traffic.campaign.drawing.setting import NAMES, VIRTUAL

Entry = dict[str, Any]
_FILTERS = {
    "v1": {"Filter": "Service.Meta.version == v1"},
    "v2": {"Filter": "Service.Meta.version == v2"},
    "all": {},
    "passing": {"OnlyPassing": True},
}
_WEIGHTS = ((50, 50), (100, 0), (0, 100), (90, 10), (30, 70), (20, 30, 50))
_CHANGES: tuple[Entry, ...] = (
    {"Set": {"x-team": "a"}},
    {"Set": {"x-team": "b", "x-env": "prod"}},
    {"Remove": ["x-team"]},
    {"Add": {"x-extra": "1"}},
)


class Chains:
    """Draws the chains that these names get on a cluster with its services and its names for peers."""

    def __init__(
        self, dice: Dice, services: Sequence[str], peers: Sequence[str], names: Sequence[str], *, http: bool
    ) -> None:
        self.dice, self.services, self.peers, self.names, self.http = dice, services, peers, names, http
        self.subsets: dict[str, list[str]] = {}

    def drawn(self) -> Iterator[Entry]:
        """Yield resolvers, splitters, routers."""
        for name in self.dice.some(self.names, 0, 3):
            yield self._resolver(name)
        if self.http:
            for name in self.dice.some(self.names, 0, 2):
                yield self._splitter(name)
            for name in self.dice.some(self.names, 0, 2):
                yield self._router(name)

    # Resolvers

    def _resolver(self, name: str) -> Entry:
        kinds = {"redirect": 3, "failover": 4, "subsets": 3, "plain": 0.4}
        kind = self.dice.weighted(kinds)
        entry: Entry = {"Kind": "service-resolver", "Name": name}
        if kind == "redirect":
            return {**entry, "Redirect": self._target(name, redirects=True)}
        if kind == "plain":
            return {**entry, "ConnectTimeout": "3s"}
        if kind == "subsets" or self.dice.maybe(0.2):
            entry |= self._with_subsets(name)
        if kind == "failover" or self.dice.maybe(0.2):
            entry["Failover"] = self._failover(name)
        return entry

    def _with_subsets(self, name: str) -> Entry:
        chosen = self.dice.some(_FILTERS, 1, 3)
        self.subsets[name] = chosen
        out: Entry = {"Subsets": {one: _FILTERS[one] for one in chosen}}
        if self.dice.maybe(0.5):
            out["DefaultSubset"] = self.dice.choice(chosen)
        return out

    def _failover(self, name: str) -> Entry:
        if self.dice.maybe(0.15):
            return {"*": {"Service": self.dice.choice([one for one in NAMES if one != name])}}
        subsets = self.subsets.get(name, [])
        keys = [self.dice.choice(subsets) if subsets and self.dice.maybe(0.4) else "*"]
        count = self.dice.choice((1, 1, 2, 3))
        return {key: {"Targets": [self._target(name) for _ in range(count)]} for key in keys}

    def _target(self, name: str, *, redirects: bool = False) -> Entry:
        if self.peers and self.dice.maybe(0.6):
            peer = self.dice.choice(self.peers) if self.dice.maybe(0.95) else "nobody"
            service = self._other(name) if self.dice.maybe(0.5) else name
            if service == name and not redirects:
                return {"Peer": peer}
            return {"Service": service, "Peer": peer}
        service = self._other(name)
        subsets = self.subsets.get(service, [])
        if subsets and self.dice.maybe(0.5):
            return {"Service": service, "ServiceSubset": self.dice.choice(subsets)}
        return {"Service": service}

    def _other(self, name: str) -> str:
        usual = [one for one in ("api", "db", *self.services, *self.services) if one != name]
        return self.dice.choice(VIRTUAL if self.dice.maybe(0.1) and name not in VIRTUAL else usual)

    # Splitters and routers

    def _splitter(self, name: str) -> Entry:
        weights = self.dice.choice(_WEIGHTS)
        splits = [{"Weight": weight, **self._leg(name, first=not at)} for at, weight in enumerate(weights)]
        return {"Kind": "service-splitter", "Name": name, "Splits": splits}

    def _leg(self, name: str, *, first: bool) -> Entry:
        out: Entry = {}
        service = name if first and self.dice.maybe(0.6) else self.dice.choice(NAMES)
        if service != name:
            out["Service"] = service
        if self.subsets.get(service) and self.dice.maybe(0.5):
            out["ServiceSubset"] = self.dice.choice(self.subsets[service])
        if self.dice.maybe(0.15):
            out["RequestHeaders"] = self.dice.choice(_CHANGES)
        return out

    def _router(self, name: str) -> Entry:
        routes = [self._route(name) for _ in range(self.dice.randint(1, 4))]
        return {"Kind": "service-router", "Name": name, "Routes": routes}

    def _route(self, name: str) -> Entry:
        http = match(self.dice)
        destination = self._leg(name, first=self.dice.maybe(0.3))
        rewrites = "PathPrefix" in http or "PathExact" in http
        if rewrites and self.dice.maybe(0.25):
            destination["PrefixRewrite"] = self.dice.choice(("/", "/admin", "/v1/", "/ok"))
        out: Entry = {"Match": {"HTTP": http}} if http else {}
        return {**out, "Destination": destination} if destination or self.dice.maybe(0.5) else out
