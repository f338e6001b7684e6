"""Random configurations, written as users write them. Few names, so that entries meet.

Most of what is drawn fits together; whether all of it does is asked in `judging`.
"""

from __future__ import annotations

import random
from typing import Any

from tests.transitions.configurations.flavours import Config, Flavour
from tests.transitions.configurations.spaces import Space

SERVICES = ("api", "db", "job", "web")
SUBSETS = ("v1", "v2", "v3")
ALIASES = ("east", "north", "west-1")
GATEWAYS = ("gw", "gx")
PROVIDERS = ("auth0", "okta")
HTTP = ("http", "http2", "grpc")
PROTOCOLS = (*["http"] * 5, "grpc", "http2", *["tcp"] * 3)
MATCHES = (
    {"path_prefix": "/v1"},
    {"path_exact": "/admin"},
    {"methods": ["GET"]},
    {"path_prefix": "/v1", "methods": ["POST"]},
)
KEYS = (
    *("proxy_defaults", "service_defaults", "mesh", "config_entries", "failover", "redirects"),
    *("splits", "routes", "intentions", "exports"),
)


class Draw:
    """Draws configurations of one flavour from one source of chance."""

    def __init__(self, rng: random.Random, flavour: Flavour) -> None:
        self.random = rng
        self.flavour = flavour

    def one(self, choices: Any) -> Any:
        """One of the choices."""
        return self.random.choice(list(choices))

    def chance(self, share: float) -> bool:
        """Whether something happens that happens so often."""
        return self.random.random() < share

    def some(self, choices: Any, least: int = 1) -> list[Any]:
        """Some of the choices, in their order."""
        items = list(choices)
        chosen = self.random.sample(items, self.random.randint(min(least, len(items)), len(items)))
        return [item for item in items if item in chosen]

    def config(self) -> Config:
        """A whole configuration."""
        out: Config = {"clusters": self.flavour.clusters, "peerings": self.peerings()}
        for cluster in self.some(self.flavour.names):
            self.redraw(out, cluster)
        if self.chance(0.95):
            fit(out)
        return out

    def peerings(self) -> list[Config]:
        """Some pairs of clusters, with names of their own now and then."""
        names: dict[str, list[str]] = {name: list(ALIASES) for name in self.flavour.names}
        out = []
        for pair in self.flavour.pairs:
            if not self.chance(0.6):
                continue
            link: Config = {"between": list(pair)}
            for here, _there in (pair, pair[::-1]):
                if self.chance(0.35):
                    alias = self.one(names[here])
                    names[here].remove(alias)
                    link.setdefault("names", {})[here] = alias
            out.append(link)
        return out

    def redraw(self, config: Config, cluster: str) -> None:
        """Draw all of a cluster's sections again."""
        for key in KEYS:
            config.get(key, {}).pop(cluster, None)
        drawn = Cluster(self, config, cluster).drawn()
        for key, value in drawn.items():
            if value:
                config.setdefault(key, {})[cluster] = value


class Cluster:
    """What is drawn for one cluster; later sections look at the earlier ones."""

    def __init__(self, draw: Draw, config: Config, name: str) -> None:
        self.draw = draw
        self.name = name
        links = [link["between"] for link in config["peerings"] if name in link["between"]]
        self.peers = [one if other == name else other for one, other in links]
        here = draw.flavour.homes[name][0]
        homes = draw.flavour.homes
        self.siblings = [other for other in homes if other != name and homes[other][0] == here]
        self.main = draw.one(PROTOCOLS)
        self.protocol: dict[str, str] = {}
        self.subsets: dict[str, list[str]] = {}
        self.providers: list[str] = []
        self.permissive = False
        self.everywhere: dict[str, str] = {}

    def drawn(self) -> Config:
        """Every section of the cluster."""
        out: Config = {"config_entries": []}
        out["mesh"] = self.mesh()
        out["proxy_defaults"] = self.proxy_defaults()
        out["service_defaults"] = self.service_defaults(out["proxy_defaults"])
        out["config_entries"] += self.resolvers()
        taken = [entry["Name"] for entry in out["config_entries"]]
        out["redirects"] = self.redirects(taken)
        out["failover"] = self.failovers([*taken, *out["redirects"]])
        out["splits"] = self.splits()
        out["routes"] = self.routes()
        out["config_entries"] += [*self.gateways(), *self.jwt_providers()]
        out["intentions"] = self.intentions()
        out["exports"] = self.exports()
        if self.name in self.draw.flavour.spaces:
            self.spread(out, Space(self, self.draw.flavour.spaces[self.name]))
        return out

    def spread(self, out: Config, space: Space) -> None:
        """The entries of another namespace, what leads there, and what is exported from there."""
        for entry in out["config_entries"]:
            if entry["Kind"] == "service-resolver" and self.draw.chance(0.3):
                entry.pop("Failover", None)
                there = {"Service": self.draw.one(("api", "db", "web")), "Namespace": space.namespace}
                entry["Failover"] = {"*": {"Targets": [there]}}
                if self.draw.chance(0.4):
                    del entry["Failover"]
                    entry["Redirect"] = there
        out["config_entries"] += space.entries()
        out["exports"] |= space.exports()

    def speaking(self, protocol: str) -> list[str]:
        """The services of a protocol."""
        return [name for name in SERVICES if self.protocol.get(name, "tcp") == protocol]

    def other_protocol(self) -> str:
        return str(self.draw.one(PROTOCOLS))

    def mesh(self) -> Config:
        """Whether permissive TLS may be switched on."""
        if not self.draw.chance(0.25):
            return {}
        out: Config = {"transparent_proxy": {"mesh_destinations_only": self.draw.chance(0.5)}}
        if self.draw.flavour.at_least(16) and self.draw.chance(0.7):
            out["allow_enabling_permissive_mutual_tls"] = self.permissive = True
        return out

    def proxy_defaults(self) -> Config:
        """The protocol of all services, here rather than for each of them now and then."""
        if not self.draw.chance(0.35):
            return {}
        self.protocol = dict.fromkeys(SERVICES, self.main)
        self.everywhere = dict(self.protocol)
        out: Config = {"config": {"protocol": self.main}}
        if self.permissive and self.draw.chance(0.3):
            out["mutual_tls_mode"] = "permissive"
        return out

    def service_defaults(self, everywhere: Config) -> Config:
        """A protocol for most services, the same for most."""
        out: Config = {}
        for service in SERVICES:
            if not self.draw.chance(0.15 if everywhere else 0.8):
                continue
            protocol = self.main if self.draw.chance(0.75) else self.draw.one(PROTOCOLS)
            out[service] = {"protocol": protocol}
            self.protocol[service] = protocol
            if self.permissive and self.draw.chance(0.2):
                out[service]["mutual_tls_mode"] = "permissive"
            if self.draw.chance(0.04):
                out[service]["external_sni"] = "outside.example.com"
            if self.draw.chance(0.05):
                out[service]["meta"] = {"owner": self.draw.one(("x", "y"))}
        return out

    def alike(self, service: str) -> list[str]:
        """The services of the same protocol, itself included."""
        own = self.protocol.get(service, "tcp")
        return [name for name in SERVICES if self.protocol.get(name, "tcp") == own]

    def other(self, service: str) -> str:
        """Another service of the same protocol if there is one; of any protocol now and then."""
        names = [name for name in self.alike(service) if name != service]
        return str(self.draw.one(names or [name for name in SERVICES if name != service]))

    def away(self) -> list[str]:
        return [*self.peers, *self.siblings]

    def resolvers(self) -> list[Config]:
        """Raw resolvers with subsets, redirects and failover."""
        out = []
        for service in SERVICES:
            if self.draw.chance(0.4):
                self.subsets[service] = self.draw.some(SUBSETS)
        for service, names in self.subsets.items():
            entry: Config = {"Kind": "service-resolver", "Name": service}
            entry["Subsets"] = {name: {"Filter": f"Service.Meta.version == {name}"} for name in names}
            if self.draw.chance(0.35):
                entry["DefaultSubset"] = self.draw.one(names)
            if self.draw.chance(0.35):
                where = self.draw.one(["*", *names])
                entry["Failover"] = {where: {"Targets": [self.raw_target(service)]}}
            elif self.draw.chance(0.08):
                entry["Redirect"] = self.subset_of(self.other(service))
            out.append(entry)
        return out

    def subset_of(self, service: str) -> Config:
        """A reference in a raw entry, to one of the service's subsets if it has any."""
        out = {"Service": service}
        if self.subsets.get(service) and self.draw.chance(0.7):
            out["ServiceSubset"] = self.draw.one(self.subsets[service])
        return out

    def raw_target(self, service: str) -> Config:
        if self.draw.chance(0.5):
            return self.subset_of(self.other(service))
        if self.subsets.get(service) and self.draw.chance(0.4):
            return {"ServiceSubset": self.draw.one(self.subsets[service])}
        return {"Service": self.other(service)}

    def target(self, service: str, away: float = 0.4) -> str:
        """A reference in the language: a local service or that of another cluster."""
        if self.away() and self.draw.chance(away):
            return f"{self.draw.one(SERVICES)}@{self.draw.one(self.away())}"
        return self.other(service)

    def redirects(self, taken: list[str]) -> Config:
        free = [name for name in SERVICES if name not in taken]
        return {name: self.target(name) for name in free if self.draw.chance(0.12)}

    def failovers(self, taken: list[str]) -> Config:
        free = [name for name in SERVICES if name not in taken]
        return {name: [self.target(name, 0.7)] for name in free if self.draw.chance(0.2)}

    def speaks_http(self, service: str) -> bool:
        return self.protocol.get(service, "tcp") in HTTP

    def splits(self) -> Config:
        """Splits in the short form, and in the long one where there are subsets."""
        out: Config = {}
        for service in SERVICES:
            if not self.speaks_http(service) or not self.draw.chance(0.35):
                continue
            subsets = self.subsets.get(service)
            if subsets and self.draw.chance(0.7):
                parts = [{"to": service, "service_subset": name} for name in self.draw.some(subsets)[:2]]
                share = 100 // len(parts)
                out[service] = [{**part, "weight": share} for part in parts]
            elif self.draw.chance(0.3):
                out[service] = {self.target(service): 100}
            else:
                out[service] = {service: 90, self.target(service): 10}
        return out

    def routes(self) -> Config:
        """One or two routes."""
        out: Config = {}
        for service in SERVICES:
            if not self.speaks_http(service) or not self.draw.chance(0.3):
                continue
            routes = []
            for path in self.draw.some(("/a", "/b")):
                to = self.target(service, 0.25) if self.draw.chance(0.8) else service
                route: Config = {"match": {"path_prefix": path}, "to": to}
                if self.subsets.get(to) and self.draw.chance(0.6):
                    route["service_subset"] = self.draw.one(self.subsets[to])
                routes.append(route)
            out[service] = routes
        return out

    def gateways(self) -> list[Config]:
        """An ingress gateway whose listeners speak as their services do, or a terminating one."""
        out = []
        for name in GATEWAYS:
            if self.draw.chance(0.08):
                services = [{"Name": service} for service in self.draw.some(SERVICES)[:2]]
                out.append({"Kind": "terminating-gateway", "Name": name, "Services": services})
            elif self.draw.chance(0.25):
                out.append({"Kind": "ingress-gateway", "Name": name, "Listeners": self.listeners()})
        return out

    def listeners(self) -> list[Config]:
        out = []
        for port in self.draw.some((8080, 8081)):
            first = self.draw.one(SERVICES)
            protocol = self.protocol.get(first, "tcp")
            names = [first] if protocol == "tcp" else self.draw.some(self.alike(first))[:2]
            services = [{"Name": name} for name in names]
            out.append({"Port": port, "Protocol": protocol, "Services": services})
        return out

    def jwt_providers(self) -> list[Config]:
        """Providers that intentions may ask for."""
        if not self.draw.flavour.at_least(16) or not self.draw.chance(0.35):
            return []
        self.providers = self.draw.some(PROVIDERS)
        keys = {
            "JSONWebKeySet": {"Remote": {"URI": "https://idp.example.com/keys", "FetchAsynchronously": True}}
        }
        return [{"Kind": "jwt-provider", "Name": name, **keys, "Issuer": name} for name in self.providers]

    def jwt(self) -> Config:
        names = self.draw.some(self.providers)
        return {"jwt": {"providers": [{"name": name} for name in names]}}

    def intentions(self) -> Config:
        """Who may call whom."""
        out: Config = {}
        for service in (*SERVICES, "*"):
            if not self.draw.chance(0.2 if service == "*" else 0.45):
                continue
            sources = self.sources(service)
            if self.providers and service != "*" and self.draw.chance(0.15):
                out[service] = {"sources": sources, **self.jwt()}
            else:
                out[service] = sources
        return out

    def sources(self, service: str) -> list[Config]:
        names = [*SERVICES, "*", "*"]
        pool = [*names, *[f"{name}@{peer}" for peer in self.away() for name in names], "*@*"]
        chosen = dict.fromkeys(self.draw.one(pool) for _ in range(self.draw.random.randint(1, 3)))
        if "*@*" in chosen:
            chosen = dict.fromkeys(name for name in chosen if not name.startswith("*")) | {"*@*": None}
        return [{"from": name, **self.rule(service)} for name in chosen]

    def rule(self, service: str) -> Config:
        if service == "*" or not self.speaks_http(service) or not self.draw.chance(0.3):
            return {"action": self.draw.one(("allow", "deny"))}
        return {"permissions": [self.permission() for _ in range(self.draw.random.randint(1, 2))]}

    def permission(self) -> Config:
        out: Config = {"action": self.draw.one(("allow", "allow", "deny")), "http": self.draw.one(MATCHES)}
        return out | (self.jwt() if self.providers and self.draw.chance(0.3) else {})

    def exports(self) -> Config:
        """Services to some of the peers, by name and all of them."""
        if not self.away():
            return {}
        out = {name: self.draw.some(self.away()) for name in SERVICES if self.draw.chance(0.3)}
        if self.draw.chance(0.15):
            out["*"] = self.draw.some(self.away())
        return out


def fit(config: Config) -> None:
    """Export what other clusters refer to, and do not export what is sent on to another cluster."""
    exports = config.setdefault("exports", {})
    leaving = {(here, name) for here, name, _, _ in _references(config)}
    for here, table in exports.items():
        for name in [
            name for name in table if (here, name) in leaving or (name == "*" and _any(here, leaving))
        ]:
            del table[name]
    for here, _, service, there in _references(config):
        consumers = exports.setdefault(there, {}).setdefault(service, [])
        if isinstance(consumers, dict):  # another namespace's of that name
            consumers = exports[there][service] = []
        if here not in consumers:
            consumers.append(here)
    config["exports"] = {here: table for here, table in exports.items() if table}


def _any(here: str, leaving: set[tuple[str, str]]) -> bool:
    return any(cluster == here for cluster, _ in leaving)


def _references(config: Config) -> list[tuple[str, str, str, str]]:
    """(cluster, name, service, other cluster) for everything that leads to another cluster."""
    out = []
    for section in ("redirects", "failover", "splits", "routes"):
        for here, table in config.get(section, {}).items():
            for name, value in table.items():
                for target in _targets(value):
                    service, at, there = target.partition("@")
                    if at:
                        out.append((here, name, service, there))
    return out


def _targets(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item["to"] if isinstance(item, dict) else item for item in value]
