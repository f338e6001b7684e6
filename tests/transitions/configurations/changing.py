"""Changes from one configuration to the next: small, large, and those that are meant to be in the way."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from tests.transitions.configurations.drawing import (
    ALIASES,
    HTTP,
    KEYS,
    PROTOCOLS,
    SERVICES,
    SUBSETS,
    Draw,
    fit,
)
from tests.transitions.configurations.flavours import Config, Flavour
from tests.transitions.configurations.spaces import SERVICES as IN_SPACES

BY_SERVICE = ("service_defaults", "failover", "redirects", "splits", "routes", "intentions", "exports")


class Changes:
    """Makes the next configuration from one, from one source of chance."""

    def __init__(self, rng: random.Random, flavour: Flavour) -> None:
        self.random = rng
        self.flavour = flavour
        self.draw = Draw(rng, flavour)
        self.small: dict[str, Callable[[Config, str], None]] = {
            "drop an item": self.drop_item,
            "redraw a section": self.redraw_section,
            "redraw an item": self.redraw_item,
            "change an entry": self.change_entry,
        }
        self.meant: dict[str, Callable[[Config, str], None]] = {
            "flip a protocol": self.flip_protocol,
            "flip all protocols": self.flip_all,
            "move protocols": self.move_protocols,
            "rename a subset": self.rename_subset,
            "swap services": self.swap_services,
            "swap names of peers": self.swap_aliases,
            "another shape": self.another_shape,
            "turn intentions": self.turn_intentions,
            "turn exports": self.turn_exports,
            "exports and denies": self.exports_and_denies,
            "swap gateways": self.swap_gateways,
            "rename a provider": self.rename_provider,
        }
        if flavour.spaces:
            self.meant |= {
                "exports and denies of a namespace": self.exports_and_denies_beside,
                "move to the other namespace": self.move_namespace,
            }

    def kind(self) -> str:
        """What kind of change is next: large, small, or the name of one that is meant to be in the way."""
        kind = self.random.choices(("large", "small", "meant"), (3, 3, 6))[0]
        return self.draw.one(self.meant) if kind == "meant" else kind

    def changed(self, config: Config, kind: str) -> Config:
        """The configuration after a change of this kind; not all of these are valid."""
        out = copy.deepcopy(config)
        if kind == "large":
            return self.large(out)
        first = self.draw.one(self.small) if kind == "small" else kind
        for name in [first, *self.random.choices([*self.small, *self.meant], k=self.draw.one((0, 0, 1, 2)))]:
            change = self.small.get(name) or self.meant[name]
            change(out, self.draw.one(self.flavour.names))
        if self.draw.chance(0.8):
            fit(out)
        return out

    def large(self, config: Config) -> Config:
        """Another configuration; the peerings stay as they are more often than not."""
        other = self.draw.config()
        if self.draw.chance(0.6):
            other["peerings"] = config["peerings"]
            for cluster in self.draw.some(self.flavour.names):
                self.draw.redraw(other, cluster)
            fit(other)
        return other

    # Small ones.

    def item(self, config: Config, cluster: str) -> tuple[dict[str, Any], str] | None:
        """A table of a cluster, and one of its services."""
        found = [config[key][cluster] for key in BY_SERVICE if config.get(key, {}).get(cluster)]
        if not found:
            return None
        table = self.draw.one(found)
        return table, self.draw.one(table)

    def drop_item(self, config: Config, cluster: str) -> None:
        entries = config.get("config_entries", {}).get(cluster)
        if entries and self.draw.chance(0.4):
            entries.remove(self.draw.one(entries))
        elif found := self.item(config, cluster):
            del found[0][found[1]]

    def redraw_section(self, config: Config, cluster: str) -> None:
        other = copy.deepcopy(config)
        self.draw.redraw(other, cluster)
        key = self.draw.one(KEYS)
        _put(config, key, cluster, other.get(key, {}).get(cluster))

    def redraw_item(self, config: Config, cluster: str) -> None:
        other = copy.deepcopy(config)
        self.draw.redraw(other, cluster)
        if found := self.item({key: other.get(key, {}) for key in BY_SERVICE}, cluster):
            table, name = found
            for key in BY_SERVICE:
                if other.get(key, {}).get(cluster) is table:
                    config.setdefault(key, {}).setdefault(cluster, {})[name] = table[name]

    def change_entry(self, config: Config, cluster: str) -> None:
        entries = config.get("config_entries", {}).get(cluster)
        if not entries:
            return
        entry = self.draw.one(entries)
        fields = [key for key in entry if key not in ("Kind", "Name", "Listeners", "JSONWebKeySet")]
        if fields:
            del entry[self.draw.one(fields)]

    # Those that are meant.

    def protocols(self, config: Config, cluster: str) -> list[dict[str, Any]]:
        return [
            fields
            for fields in config.get("service_defaults", {}).get(cluster, {}).values()
            if fields.get("protocol")
        ]

    def flip_protocol(self, config: Config, cluster: str) -> None:
        """One service speaks something else; what needs HTTP of it goes with it."""
        found = self.protocols(config, cluster)
        if found:
            self.draw.one(found)["protocol"] = self.draw.one(PROTOCOLS)
        _drop_http(config, cluster)

    def flip_all(self, config: Config, cluster: str) -> None:
        """All services of a cluster speak something else."""
        protocol = self.draw.one((*HTTP, "tcp"))
        for fields in self.protocols(config, cluster):
            fields["protocol"] = protocol
        default = config.get("proxy_defaults", {}).get(cluster, {}).get("config")
        if default:
            default["protocol"] = protocol
        for entry in config.get("config_entries", {}).get(cluster, []):
            for listener in entry.get("Listeners", []):
                listener["Protocol"] = protocol
                if protocol == "tcp":
                    del listener["Services"][1:]
        _drop_http(config, cluster)

    def move_protocols(self, config: Config, cluster: str) -> None:
        """What service-defaults said, proxy-defaults say, or the other way round."""
        everywhere = config.get("proxy_defaults", {}).pop(cluster, None)
        if everywhere:
            protocol = everywhere["config"]["protocol"]
            own = config.setdefault("service_defaults", {}).setdefault(cluster, {})
            for name in SERVICES:
                own.setdefault(name, {"protocol": protocol})
            return
        found = self.protocols(config, cluster)
        if found:
            protocol = self.draw.one(found)["protocol"]
            config.setdefault("proxy_defaults", {})[cluster] = {"config": {"protocol": protocol}}
            config["service_defaults"][cluster] = {
                name: fields
                for name, fields in config["service_defaults"][cluster].items()
                if fields.get("protocol") != protocol
            }

    def rename_subset(self, config: Config, cluster: str) -> None:
        """One subset gets another name, wherever it is named; or two change theirs."""
        old, new = self.random.sample(SUBSETS, 2)
        self.rename(config, cluster, {old: new, new: old} if self.draw.chance(0.4) else {old: new})

    def swap_services(self, config: Config, cluster: str) -> None:
        """Two services change places, or one takes the other's."""
        one, other = self.random.sample(SERVICES, 2)
        for key in BY_SERVICE:
            table = config.get(key, {}).get(cluster)
            if table and self.draw.chance(0.85):
                swapped = {one: other, other: one}
                config[key][cluster] = {swapped.get(name, name): value for name, value in table.items()}
        if self.draw.chance(0.5):
            self.rename(config, cluster, {one: other, other: one})

    def rename(self, config: Config, cluster: str, names: dict[str, str]) -> None:
        """Give things of a cluster other names, in values and as keys of raw entries."""
        for key in ("config_entries", "redirects", "failover", "splits", "routes"):
            if config.get(key, {}).get(cluster):
                config[key][cluster] = _renamed(config[key][cluster], names)

    def swap_aliases(self, config: Config, cluster: str) -> None:
        """Two peers of a cluster change their names, or one gets another."""
        links = [link for link in config["peerings"] if cluster in link["between"]]
        if len(links) > 1 and self.draw.chance(0.7):
            chosen = self.random.sample(links, 2)
            own = [link.get("names", {}).get(cluster) or _other(link, cluster) for link in chosen]
            for link, alias in zip(chosen, own[::-1], strict=True):
                link.setdefault("names", {})[cluster] = alias
        elif links:
            self.draw.one(links).setdefault("names", {})[cluster] = self.draw.one(ALIASES)

    def another_shape(self, config: Config, cluster: str) -> None:
        """A name that was split is routed or redirected, and so on."""
        shapes = ("splits", "routes", "redirects", "failover")
        named = [key for key in shapes if config.get(key, {}).get(cluster)]
        if not named:
            return
        old = config[self.draw.one(named)][cluster]
        name = self.draw.one(old)
        for key in shapes:
            config.get(key, {}).get(cluster, {}).pop(name, None)
        to = self.draw.one([service for service in SERVICES if service != name])
        value = {
            "splits": {name: 50, to: 50},
            "routes": [{"match": {"path_prefix": "/z"}, "to": to}],
            "redirects": to,
            "failover": [to],
        }
        key = self.draw.one(shapes)
        config.setdefault(key, {}).setdefault(cluster, {})[name] = value[key]
        entries = config.get("config_entries", {}).get(cluster, [])
        if key in ("redirects", "failover"):
            entries[:] = [e for e in entries if (e["Kind"], e["Name"]) != ("service-resolver", name)]
            if self.draw.chance(0.5):
                config.get("service_defaults", {}).get(cluster, {}).pop(name, None)

    def turn_intentions(self, config: Config, cluster: str) -> None:
        """What was allowed is denied, and the other way round."""
        turned = {"allow": "deny", "deny": "allow"}
        for value in config.get("intentions", {}).get(cluster, {}).values():
            for source in value["sources"] if isinstance(value, dict) else value:
                if "action" in source and self.draw.chance(0.6):
                    source["action"] = turned[source["action"]]

    def turn_exports(self, config: Config, cluster: str) -> None:
        """What one cluster could use, another can; by name rather than `*`."""
        own = config.get("exports", {}).get(cluster)
        others = [name for name in self.flavour.names if name != cluster]
        if own:
            for name in list(own):
                if self.draw.chance(0.5):
                    to = [self.draw.one(others)]
                    own[name] = {**own[name], "to": to} if isinstance(own[name], dict) else to
            if self.draw.chance(0.3):
                own["*"] = [self.draw.one(others)]

    def exports_and_denies(self, config: Config, cluster: str) -> None:
        """Exports go and come together with the intentions that guard them."""
        service = self.draw.one(SERVICES)
        exports = config.setdefault("exports", {}).setdefault(cluster, {})
        intentions = config.setdefault("intentions", {}).setdefault(cluster, {})
        peers = [_other(link, cluster) for link in config["peerings"] if cluster in link["between"]]
        if service in exports:
            del exports[service]
            intentions.pop(service, None)
        elif peers:
            peer = self.draw.one(peers)
            exports[service] = [peer]
            intentions[service] = [{"from": f"*@{peer}", "action": self.draw.one(("deny", "allow"))}]
        for key, table in (("exports", exports), ("intentions", intentions)):
            _put(config, key, cluster, table)

    def exports_and_denies_beside(self, config: Config, cluster: str) -> None:
        """The same for a service of another namespace."""
        for here, namespace in self.flavour.spaces.items():
            service, others = self.draw.one(IN_SPACES), [name for name in self.flavour.names if name != here]
            exports = config.setdefault("exports", {}).setdefault(here, {})
            entries = config.setdefault("config_entries", {}).setdefault(here, [])
            rules = {"Kind": "service-intentions", "Name": service, "Namespace": namespace}
            entries[:] = [entry for entry in entries if not rules.items() <= entry.items()]
            if isinstance(exports.get(service), dict):
                del exports[service]
            else:
                exports[service] = {"to": others, "namespace": namespace}
                sources = [{"Name": "*", "Peer": peer} for peer in _peers(config, here)]
                sources.append({"Name": "*", "Partition": self.flavour.homes[others[0]][1]})
                action = self.draw.one(("deny", "deny", "allow"))
                entries.append({**rules, "Sources": [{**source, "Action": action} for source in sources]})
            _put(config, "exports", here, exports)

    def move_namespace(self, config: Config, cluster: str) -> None:
        """What led to one namespace leads to the other one; entries change places with them now and then."""
        for here, namespace in self.flavour.spaces.items():
            turned = {"default": namespace, namespace: "default"}
            for entry in config.get("config_entries", {}).get(here, []):
                for part in _led(entry):
                    if part.get("Namespace") in turned and self.draw.chance(0.6):
                        part["Namespace"] = turned[part["Namespace"]]
            exports = config.get("exports", {}).get(here, {})
            for service, value in exports.items():
                if isinstance(value, dict) and self.draw.chance(0.5):
                    exports[service] = value["to"]
                elif isinstance(value, list) and service in IN_SPACES and self.draw.chance(0.5):
                    exports[service] = {"to": value, "namespace": namespace}

    def swap_gateways(self, config: Config, cluster: str) -> None:
        """An ingress gateway becomes a terminating one and the other way round; or they change names."""
        for entry in config.get("config_entries", {}).get(cluster, []):
            if not entry["Kind"].endswith("-gateway"):
                continue
            if self.draw.chance(0.5):
                entry["Name"] = {"gw": "gx", "gx": "gw"}[entry["Name"]]
            elif entry["Kind"] == "ingress-gateway":
                services = [
                    service for listener in entry.pop("Listeners") for service in listener["Services"]
                ]
                names = sorted({service["Name"] for service in services})
                entry |= {"Kind": "terminating-gateway", "Services": [{"Name": name} for name in names]}

    def rename_provider(self, config: Config, cluster: str) -> None:
        """A JWT provider gets another name, and what names it follows."""
        names = {"okta": "auth0", "auth0": "okta"}
        for key in ("config_entries", "intentions"):
            if config.get(key, {}).get(cluster):
                config[key][cluster] = _renamed(config[key][cluster], names)


def _peers(config: Config, cluster: str) -> list[str]:
    """The names that a cluster has for its peers."""
    links = [link for link in config["peerings"] if cluster in link["between"]]
    return [link.get("names", {}).get(cluster) or _other(link, cluster) for link in links]


def _led(entry: Config) -> list[Config]:
    """The parts of a raw entry that lead somewhere."""
    failover = [target for rule in entry.get("Failover", {}).values() for target in rule.get("Targets", [])]
    routes = [route["Destination"] for route in entry.get("Routes", [])]
    return [
        *failover,
        *routes,
        *entry.get("Splits", []),
        *([entry["Redirect"]] if "Redirect" in entry else []),
    ]


def _other(link: Config, cluster: str) -> str:
    one, other = link["between"]
    return str(other if one == cluster else one)


def _put(config: Config, key: str, cluster: str, value: Any) -> None:
    if value:
        config.setdefault(key, {})[cluster] = value
    else:
        config.get(key, {}).pop(cluster, None)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """The same with other names, as keys and as values; `service@cluster` keeps its cluster."""
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, str):
        service, at, cluster = value.partition("@")
        return names.get(service, service) + at + cluster
    return value


def _drop_http(config: Config, cluster: str) -> None:
    """Take away splits, routes and permissions of services that do not speak HTTP any more."""
    default = config.get("proxy_defaults", {}).get(cluster, {}).get("config", {}).get("protocol", "tcp")
    own = config.get("service_defaults", {}).get(cluster, {})

    def plain(name: str) -> bool:
        return own.get(name, {}).get("protocol", default) not in HTTP

    for key in ("splits", "routes"):
        table = config.get(key, {}).get(cluster, {})
        for name in [name for name in table if plain(name)]:
            del table[name]
    for name, value in config.get("intentions", {}).get(cluster, {}).items():
        for source in value["sources"] if isinstance(value, dict) else value:
            if plain(name) and source.pop("permissions", None):
                source["action"] = "allow"
