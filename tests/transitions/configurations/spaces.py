"""Random entries of a namespace beside a cluster's own (Enterprise), and references between the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.transitions.configurations.drawing import Cluster

Value = dict[str, Any]
DEFAULT = "default"
SERVICES = ("api", "db", "web")


class Space:
    """Draws raw entries of one namespace; what the cluster's own has is known."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster, self.draw, self.namespace = cluster, cluster.draw, namespace
        self.everywhere = dict(cluster.everywhere)
        self.protocol: dict[str, str] = dict(self.everywhere)
        self.subsets: dict[str, list[str]] = {}

    def entries(self) -> list[Value]:
        """Some entries of every kind that a namespace has."""
        return [*self.defaults(), *self.resolvers(), *self.splitters(), *self.routers(), *self.intentions()]

    def entry(self, kind: str, name: str, **fields: Any) -> Value:
        return {"Kind": kind, "Name": name, "Namespace": self.namespace, **fields}

    def defaults(self) -> list[Value]:
        out = []
        for service in SERVICES:
            if self.draw.chance(0.15 if self.everywhere else 0.7):
                self.protocol[service] = (
                    self.cluster.main if self.draw.chance(0.85) else self.cluster.other_protocol()
                )
                out.append(self.entry("service-defaults", service, Protocol=self.protocol[service]))
        return out

    def target(self, service: str) -> Value:
        """A reference to another service of the same protocol, here or in the cluster's own namespace."""
        own = self.protocol.get(service, "tcp")
        here = [
            {"Service": name}
            for name in SERVICES
            if name != service and self.protocol.get(name, "tcp") == own
        ]
        there = [{"Service": name, "Namespace": DEFAULT} for name in self.cluster.speaking(own)]
        return dict(self.draw.one([*here, *there] or [{"Service": "db"}]))

    def resolvers(self) -> list[Value]:
        out = []
        for service in SERVICES:
            if not self.draw.chance(0.4):
                continue
            if self.draw.chance(0.35):
                out.append(self.entry("service-resolver", service, Redirect=self.target(service)))
                continue
            self.subsets[service] = self.draw.some(("v1", "v2"))
            subsets = {name: {"Filter": f"Service.Meta.version == {name}"} for name in self.subsets[service]}
            failover = {"*": {"Targets": [self.target(service)]}} if self.draw.chance(0.4) else {}
            more = {"Failover": failover} if failover else {}
            out.append(self.entry("service-resolver", service, Subsets=subsets, **more))
        return out

    def speaks_http(self, service: str) -> bool:
        return self.protocol.get(service, "tcp") != "tcp"

    def splitters(self) -> list[Value]:
        chosen = [name for name in SERVICES if self.speaks_http(name) and self.draw.chance(0.3)]
        return [
            self.entry("service-splitter", name, Splits=[{"Weight": 60}, {"Weight": 40, **self.target(name)}])
            for name in chosen
        ]

    def routers(self) -> list[Value]:
        chosen = [name for name in SERVICES if self.speaks_http(name) and self.draw.chance(0.25)]
        match = {"HTTP": {"PathPrefix": "/n"}}
        return [
            self.entry("service-router", name, Routes=[{"Match": match, "Destination": self.target(name)}])
            for name in chosen
        ]

    def intentions(self) -> list[Value]:
        chosen = [name for name in (*SERVICES, "*") if self.draw.chance(0.35)]
        return [self.entry("service-intentions", name, Sources=self.sources()) for name in chosen]

    def sources(self) -> list[Value]:
        names = [
            *(
                {"Name": name, "Namespace": space}
                for name in ("api", "*")
                for space in (DEFAULT, self.namespace)
            ),
            {"Name": "*", "Namespace": "*"},
        ]
        return [{**one, "Action": self.draw.one(("allow", "deny"))} for one in self.draw.some(names)[:2]]

    def exports(self) -> Value:
        """Exports of the namespace's services: one name of a cluster is exported from one namespace only."""
        return {
            name: {"to": self.draw.some(self.cluster.away()), "namespace": self.namespace}
            for name in SERVICES
            if self.cluster.away() and self.draw.chance(0.25)
        }
