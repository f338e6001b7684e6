"""Random intentions and chains, what a server says about them, and what the analysis says. A server is asked
through `Ask`: (method, path, body) -> (status, answer).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import Question, Service
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.access.judging.intentions import applied, covering
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.chains.compiler import Chain
from reconciler_consul.graph.chains.nodes import Ending

Ask = Callable[[str, str, Any], tuple[int, Any]]
Entry = dict[str, Any]
SERVICES = ("web", "api", "db")
_CALLERS = ("web", "api", "db", "cli")
CHAINED = ("a", "b", "c", "d")


def world(entries: list[Entry], default: str = "allow") -> dict[str, Any]:
    """One cluster, dc1, with these entries and services that run."""
    services = [{"name": name} for name in (*SERVICES, *CHAINED, "cli")]
    cluster = {"datacenter": "dc1", "version": "1.22.0", "default_intention": default, "gateway": True}
    return {"clusters": {"dc1": {**cluster, "services": services, "config_entries": entries}}, "peerings": []}


# Intentions


def rule_set(chance: random.Random) -> list[Entry]:
    """Random intentions for a few destinations, `*` among them."""
    names = [name for name in ("api", "db", "*") if chance.random() < 0.8]
    made = (_intentions(chance, name) for name in names)
    return [entry for entry in made if entry["Sources"]]


def _intentions(chance: random.Random, name: str) -> Entry:
    sources = chance.sample([*_CALLERS[:3], "*"], chance.randint(0, 4))
    return {
        "Kind": "service-intentions",
        "Name": name,
        "Sources": [{"Name": one, "Action": chance.choice(("allow", "deny"))} for one in sources],
    }


def rule_differences(ask: Ask, entries: list[Entry]) -> list[str]:
    """Return where a server, allowing by default, and the analysis differ."""
    _write(ask, entries)
    try:
        return list(_rule_differences(ask, entries))
    finally:
        _remove(ask, entries)


def _rule_differences(ask: Ask, entries: list[Entry]) -> Iterator[str]:
    analysis = ConsulAnalysis(world(entries))
    site = analysis.network.site("dc1")
    for to in ("api", "db"):
        _, matched = ask("GET", f"/v1/connect/intentions/match?by=destination&name={to}", None)
        for caller in _CALLERS:
            _, checked = ask("GET", f"/v1/connect/intentions/check?source={caller}&destination={to}", None)
            rules = covering(site, to, caller, "")
            allowed = rules[0].allows if rules else True
            if checked["Allowed"] is not allowed:
                yield f"check {caller} -> {to}: {checked}, {rules}"
            listed = [(one["DestinationName"], one["SourceName"]) for one in matched[to] or ()]
            first = next((pair for pair in listed if pair[1] in (caller, "*")), None)
            if first != ((rules[0].destination, rules[0].name) if rules else None):
                yield f"match {caller} -> {to}: {listed}, {rules}"
            answer = analysis.answer(Question(Service("dc1", caller), Service("dc1", to)))
            if (answer.decision is Decision.ALLOWED) is not allowed and not _is_wider_first(site, to, caller):
                yield f"answer {caller} -> {to}: {answer}, {checked}"


def _is_wider_first(site: Site, to: str, caller: str) -> bool:
    """Say whether `*` to the service comes before the caller to `*`: proxies do not do what servers say then
    (tests/traffic)."""
    return len(applied(covering(site, to, caller, ""))) == 2


def _write(ask: Ask, entries: list[Entry]) -> list[Entry]:
    """Return those that were taken."""
    return [entry for entry in entries if ask("PUT", "/v1/config", entry)[0] == 200]


def _remove(ask: Ask, entries: list[Entry]) -> None:
    for entry in reversed(entries):
        ask("DELETE", f"/v1/config/{entry['Kind']}/{entry['Name']}", None)


# Chains


def chain_set(chance: random.Random) -> list[Entry]:
    """Random resolvers, splitters and routers of a few HTTP services."""
    made: list[Entry] = [{"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "http"}}]
    made += [_resolver(chance, name) for name in CHAINED if chance.random() < 0.6]
    made += [_splitter(chance, name) for name in CHAINED if chance.random() < 0.4]
    return made + [_router(chance, name) for name in CHAINED if chance.random() < 0.4]


def _resolver(chance: random.Random, name: str) -> Entry:
    entry: Entry = {"Kind": "service-resolver", "Name": name}
    if chance.random() < 0.7:
        entry["Subsets"] = {subset: {"Filter": ""} for subset in ("v1", "v2")}
    if "Subsets" in entry and chance.random() < 0.3:
        entry["DefaultSubset"] = "v1"
    way = chance.random()
    if way < 0.25:
        entry["Redirect"] = _place(chance, name, peers=True)
    elif way < 0.6:
        targets = [_place(chance, name, peers=True) for _ in range(chance.randint(1, 3))]
        one = {"Targets": targets} if chance.random() < 0.7 else _place(chance, name, peers=False)
        entry["Failover"] = {chance.choice(("*", "v1")) if "Subsets" in entry else "*": one}
    return entry


def _place(chance: random.Random, name: str, *, peers: bool) -> dict[str, Any]:
    place: dict[str, Any] = {"Service": chance.choice(CHAINED)}
    if peers and chance.random() < 0.3:
        return {**place, "Peer": chance.choice(("east", "west"))}
    return {**place, "ServiceSubset": chance.choice(("v1", "v2"))} if chance.random() < 0.3 else place


def _splitter(chance: random.Random, name: str) -> Entry:
    cut = chance.choice((10, 25, 50, 60, 100))
    weights = [cut, 100 - cut] if cut < 100 else [100]
    splits = [{**_place(chance, name, peers=False), "Weight": weight} for weight in weights]
    return {"Kind": "service-splitter", "Name": name, "Splits": splits}


def _router(chance: random.Random, name: str) -> Entry:
    routes = [
        {"Match": {"HTTP": {"PathPrefix": f"/{number}"}}, "Destination": _place(chance, name, peers=False)}
        for number in range(chance.randint(1, 3))
    ]
    return {"Kind": "service-router", "Name": name, "Routes": routes}


def chain_differences(ask: Ask, entries: list[Entry]) -> list[str]:
    """Return where the chains that a server compiles and those of the analysis differ."""
    taken = _write(ask, entries)
    try:
        return list(_chain_differences(ask, taken))
    finally:
        _remove(ask, taken)


def _chain_differences(ask: Ask, entries: list[Entry]) -> Iterator[str]:
    site = ConsulAnalysis(world(entries)).network.site("dc1")
    for name in CHAINED:
        status, answer = ask("GET", f"/v1/discovery-chain/{name}", None)
        tried = site.chain(name)
        theirs = _theirs(answer["Chain"], answer["Chain"]["StartNode"]) if status == 200 else str(answer)
        ours = _ours(tried.chain, tried.chain.start) if tried.chain is not None else tried.refused
        if isinstance(theirs, str) and isinstance(ours, str):
            if ours not in theirs:
                yield f"{name}: {theirs} is not {ours}"
        elif theirs != ours:
            yield f"{name}: {theirs} is not {ours}"


def _theirs(chain: Mapping[str, Any], key: str) -> Any:
    node = chain["Nodes"][key]
    if node["Type"] == "router":
        return [(_prefix(route["Definition"]), _theirs(chain, route["NextNode"])) for route in node["Routes"]]
    if node["Type"] == "splitter":
        return sorted((round(s["Weight"], 1), _theirs(chain, s["NextNode"])) for s in node["Splits"])
    failover = (node["Resolver"].get("Failover") or {}).get("Targets") or []
    return "resolver", node["Resolver"]["Target"], tuple(failover)


def _prefix(definition: Mapping[str, Any]) -> str:
    match = (definition.get("Match") or {}).get("HTTP") or {}
    return str(match.get("PathPrefix", "/"))


def _ours(chain: Chain, key: str) -> Any:
    node = chain.nodes[key]
    if isinstance(node, Ending):
        return "resolver", node.target.id, tuple(other.id for other in node.failover)
    if key.startswith("router:"):
        return [(_prefix(leg.definition), _ours(chain, leg.to)) for leg in node]
    return sorted((round(share, 1), _ours(chain, to)) for share, to in _flat(chain, key, 100.0))


def _flat(chain: Chain, key: str, share: float) -> Iterator[tuple[float, str]]:
    node = chain.nodes[key]
    if isinstance(node, Ending):
        yield share, key
        return
    for leg in node:
        yield from _flat(chain, leg.to, share * leg.definition["Weight"] / 100)
