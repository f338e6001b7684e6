"""Random sets of the entries that discovery chains are made of, and questions about the chains.

Few names, so that entries meet; every value is one that a team could write. The order is that of a seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

Value = dict[str, Any]
Step = dict[str, Any]
SERVICES = ("a", "b", "c", "d", "e")
SUBSETS = ("v1", "v2")
PEERS = ("p1", "p2")
DATACENTERS = ("dc2", "dc3")
PROTOCOLS = ("http", "http", "http", "http", "tcp", "grpc", "http2", "")
GATEWAYS = ("gw", "gx")
WEIGHTS = ((100,), (50, 50), (75, 25), (100, 0), (50, 25, 25), (40, 60))
HASHED = {"Policy": "ring_hash", "HashPolicies": [{"Field": "header", "FieldValue": "x"}]}
BALANCERS = (HASHED, {"Policy": "maglev"}, {"Policy": "least_request"}, {})
FIRST = {"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "http"}}


class Chains:
    """Draws steps from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.makers = (
            *[self.resolver] * 7,
            *[self.splitter] * 5,
            *[self.router] * 4,
            *[self.defaults] * 4,
            *[self.ingress] * 2,
            *[self.exports] * 2,
            *[self.intentions] * 2,
            self.everywhere,
        )

    def steps(self, writes: int, asked_each: int = 8) -> Iterator[Step]:
        """Yield writes, deletions, and after some of them a question about every chain."""
        yield _put(FIRST)
        for number in range(1, writes + 1):
            yield self.write()
            if number % asked_each == 0:
                yield from self.questions()

    def write(self) -> Step:
        """One entry put, or one deleted."""
        entry = self.random.choice(self.makers)()
        if self.random.random() < 0.15:
            return {"method": "DELETE", "path": f"/v1/config/{entry['Kind']}/{entry['Name']}"}
        return _put(entry)

    def questions(self) -> Iterator[Step]:
        """The chain of every service, and of one of them with something overridden."""
        for service in SERVICES:
            yield {"method": "GET", "path": f"/v1/discovery-chain/{service}"}
        path = f"/v1/discovery-chain/{self.one(SERVICES)}"
        overrides = {
            "OverrideProtocol": self.one(("tcp", "http", "grpc")),
            "OverrideConnectTimeout": self.one(("3s", "5s", "0s")),
            "OverrideMeshGateway": {"Mode": self.one(("local", "none", ""))},
        }
        kept = {key: value for key, value in overrides.items() if self.chance(0.6)}
        yield {"method": "POST", "path": path, "body": kept}
        yield {"method": "GET", "path": f"{path}?compile-dc=dc2"}

    def one(self, choices: Any) -> Any:
        """One of the choices."""
        return self.random.choice(choices)

    def chance(self, share: float) -> bool:
        """Whether something happens that happens so often."""
        return self.random.random() < share

    def resolver(self) -> Value:
        """A resolver: subsets, and a redirect or a failover."""
        entry = _entry("service-resolver", self.one(SERVICES))
        if self.chance(0.5):
            names = SUBSETS[: self.random.randint(1, 2)]
            entry["Subsets"] = {name: {"Filter": f"Service.Meta.version == {name}"} for name in names}
            if self.chance(0.4):
                entry["DefaultSubset"] = names[0]
        if self.chance(0.35):
            entry["Redirect"] = self.redirect()
        elif self.chance(0.55):
            entry["Failover"] = {self.one(("*", "*", "v1")): self.failover()}
        if self.chance(0.2):
            entry["ConnectTimeout"] = self.one(("1s", "5s", "90s"))
        if self.chance(0.1):
            entry["RequestTimeout"] = "7s"
        if self.chance(0.15):
            entry["LoadBalancer"] = self.one(BALANCERS)
        return entry

    def redirect(self) -> Value:
        """Another service, subset, datacenter or peer."""
        change: Value = {"Service": self.one(SERVICES)}
        if self.chance(0.3):
            change["ServiceSubset"] = self.one(SUBSETS)
        if self.chance(0.2):
            change["Datacenter"] = self.one(DATACENTERS)
        if self.chance(0.35):
            change["Peer"] = self.one(PEERS)
        if self.chance(0.1):
            del change["Service"]
        return change

    def failover(self) -> Value:
        """Datacenters, another service, or targets."""
        if self.chance(0.2):
            return {"Datacenters": list(DATACENTERS[: self.random.randint(1, 2)])}
        if self.chance(0.3):
            return self.some(Service=self.one(SERVICES), ServiceSubset=self.one(SUBSETS))
        return {"Targets": [self.target() for _ in range(self.random.randint(1, 3))]}

    def target(self) -> Value:
        """One target of a failover, of a peer most often."""
        if self.chance(0.5):
            return self.some(Service=self.one(SERVICES)) | {"Peer": self.one(PEERS)}
        return self.some(
            Service=self.one(SERVICES), ServiceSubset=self.one(SUBSETS), Datacenter=self.one(DATACENTERS)
        )

    def some(self, **fields: Any) -> Value:
        """Some of these fields."""
        return {name: value for name, value in fields.items() if self.chance(0.5)}

    def splitter(self) -> Value:
        """Splits with headers now and then."""
        splits = []
        for weight in self.one(WEIGHTS):
            split: Value = {"Weight": weight} | self.some(Service=self.one(SERVICES))
            if self.chance(0.25):
                split["ServiceSubset"] = self.one(SUBSETS)
            if self.chance(0.3):
                split[self.one(("RequestHeaders", "ResponseHeaders"))] = self.headers()
            splits.append(split)
        return _entry("service-splitter", self.one(SERVICES), Splits=splits)

    def headers(self) -> Value:
        """Headers that are added, set and removed."""
        name = self.one(("x", "y"))
        return self.one(
            (
                {"Set": {name: "1"}},
                {"Add": {name: "2"}},
                {"Remove": [name]},
                {"Add": {name: "3"}, "Set": {"z": "4"}, "Remove": ["w"]},
            )
        )

    def router(self) -> Value:
        """Routes by path to services and subsets."""
        routes = []
        for number in range(self.random.randint(0, 3)):
            match = {"Match": {"HTTP": {"PathPrefix": f"/{number}"}}}
            place = self.some(Service=self.one(SERVICES), ServiceSubset=self.one(SUBSETS))
            routes.append(match | ({"Destination": place} if self.chance(0.9) else {}))
        return _entry("service-router", self.one(SERVICES), Routes=routes)

    def defaults(self) -> Value:
        """Protocol, gateway mode, a name outside."""
        entry = _entry("service-defaults", self.one(SERVICES), Protocol=self.one(PROTOCOLS))
        if self.chance(0.2):
            entry["MeshGateway"] = {"Mode": self.one(("local", "remote", "none"))}
        if self.chance(0.08):
            entry["ExternalSNI"] = "outside.example.com"
        if self.chance(0.1):
            entry["TransparentProxy"] = {"DialedDirectly": True}
        if self.chance(0.1):
            entry["Meta"] = {"owner": self.one(("x", "y"))}
        return entry

    def everywhere(self) -> Value:
        """What holds for services without defaults."""
        entry = {**FIRST, "Config": {"protocol": self.one(("http", "http", "HTTP", "tcp", "grpc"))}}
        if self.chance(0.2):
            entry["MeshGateway"] = {"Mode": self.one(("local", "remote"))}
        if self.chance(0.1):
            entry["TransparentProxy"] = {"DialedDirectly": True}
        return entry

    def ingress(self) -> Value:
        """One or two listeners."""
        listeners = []
        for port in range(8080, 8081 + self.random.randint(0, 1)):
            protocol = self.one(("http", "http", "tcp", "grpc"))
            names = [self.one(SERVICES)]
            if protocol != "tcp" and self.chance(0.3):
                names = ["*"] if protocol == "http" and self.chance(0.5) else list(SERVICES[:2])
            services = [{"Name": name} for name in names]
            listeners.append({"Port": port, "Protocol": protocol, "Services": services})
        return _entry("ingress-gateway", self.one(GATEWAYS), Listeners=listeners)

    def exports(self) -> Value:
        """Two services, or all of them."""
        consumers = [{"Peer": self.one(PEERS)}]
        names = ["*"] if self.chance(0.3) else [self.one(SERVICES), self.one(SERVICES)]
        services = [{"Name": name, "Consumers": consumers} for name in names]
        return _entry("exported-services", "default", Services=services)

    def intentions(self) -> Value:
        """One source, with rules of layer 7 or without."""
        source: Value = {"Name": self.one((*SERVICES, "*"))}
        if self.chance(0.6):
            source["Permissions"] = [{"Action": "allow", "HTTP": {"PathPrefix": "/"}}]
        else:
            source["Action"] = "allow"
        return _entry("service-intentions", self.one(SERVICES), Sources=[source])


def _entry(kind: str, name: str, **fields: Any) -> Value:
    return {"Kind": kind, "Name": name, **fields}


def _put(entry: Value) -> Step:
    return {"method": "PUT", "path": "/v1/config", "body": entry}
