"""Random worlds of three clusters that are all peered, with entries of every kind that decides calls: for
tests that hold two ways of finding the same answers to each other.
"""

from __future__ import annotations

import random
from typing import Any

from reconciler.sdk.access.answer import Answer

CLUSTERS = ("one", "two", "three")
NAMES = ("a", "b", "c")
_WHERE = (*NAMES, "*")
Entry = dict[str, Any]


def peers_of(cluster: str) -> list[str]:
    return [f"to-{other}" for other in CLUSTERS if other != cluster]


def source(chance: random.Random, cluster: str, http: bool) -> Entry:
    made: Entry = {"Name": chance.choice(_WHERE)}
    if chance.random() < 0.7:
        made["Peer"] = chance.choice(peers_of(cluster))
    if http and chance.random() < 0.3:
        path = chance.choice(("/x", "/y"))
        return {
            **made,
            "Permissions": [{"Action": chance.choice(("allow", "deny")), "HTTP": {"PathPrefix": path}}],
        }
    return {**made, "Action": chance.choice(("allow", "deny"))}


def intentions(chance: random.Random, cluster: str, name: str) -> Entry:
    drawn = [source(chance, cluster, name != "*") for _ in range(chance.randint(1, 4))]
    unique = {(one["Name"], one.get("Peer")): one for one in drawn}
    return {"Kind": "service-intentions", "Name": name, "Sources": list(unique.values())}


def exports(chance: random.Random, cluster: str) -> Entry:
    services = [
        {"Name": name, "Consumers": [{"Peer": peer} for peer in peers_of(cluster) if chance.random() < 0.6]}
        for name in chance.sample(_WHERE, chance.randint(1, 4))
    ]
    return {"Kind": "exported-services", "Name": "default", "Services": services}


def resolver(chance: random.Random, cluster: str, name: str) -> Entry:
    place: Entry = {"Service": chance.choice(NAMES)}
    if chance.random() < 0.7:
        place["Peer"] = chance.choice(peers_of(cluster))
    way = {"Redirect": place} if chance.random() < 0.5 else {"Failover": {"*": {"Targets": [place]}}}
    return {"Kind": "service-resolver", "Name": name, **way}


def defaults(chance: random.Random, _: str, name: str) -> Entry:
    mode = {"MeshGateway": {"Mode": chance.choice(("local", "remote"))}} if chance.random() < 0.4 else {}
    return {"Kind": "service-defaults", "Name": name, "Protocol": chance.choice(("http", "tcp")), **mode}


def everywhere(chance: random.Random) -> Entry:
    return {
        "Kind": "proxy-defaults",
        "Name": "global",
        "Config": {"protocol": chance.choice(("http", "tcp"))},
        "MeshGateway": {"Mode": chance.choice(("local", ""))},
    }


def router(chance: random.Random, name: str) -> Entry:
    routes = [{"Match": {"HTTP": {"PathPrefix": "/x"}}, "Destination": {"Service": chance.choice(NAMES)}}]
    return {"Kind": "service-router", "Name": name, "Routes": routes}


def splitter(chance: random.Random, name: str) -> Entry:
    return {
        "Kind": "service-splitter",
        "Name": name,
        "Splits": [{"Weight": 50}, {"Weight": 50, "Service": chance.choice(NAMES)}],
    }


def drawn(chance: random.Random, cluster: str) -> Entry:
    name = chance.choice(NAMES)
    makers = (
        lambda: intentions(chance, cluster, chance.choice(_WHERE)),
        lambda: exports(chance, cluster),
        lambda: resolver(chance, cluster, name),
        lambda: defaults(chance, cluster, name),
        lambda: everywhere(chance),
        lambda: router(chance, name),
        lambda: splitter(chance, name),
    )
    return chance.choice(makers)()


def world(entries: dict[str, dict[tuple[str, str], Entry]], peerings: list[Entry]) -> Entry:
    clusters = {
        name: {
            "datacenter": name,
            "version": "1.20.0",
            "default_intention": ("allow", "deny")[at % 2],
            "gateway": name != "three",
            "services": [{"name": one} for one in NAMES],
            "config_entries": list(entries[name].values()),
        }
        for at, name in enumerate(CLUSTERS)
    }
    return {"taken_at": "now", "clusters": clusters, "peerings": peerings}


def peerings() -> list[Entry]:
    return [
        {"acceptor": one, "dialer": two, "name_at_acceptor": f"to-{two}", "name_at_dialer": f"to-{one}"}
        for at, one in enumerate(CLUSTERS)
        for two in CLUSTERS[at + 1 :]
    ]


def said(answer: Answer) -> tuple[object, ...]:
    shares = tuple((one.percent, one.decision, one.answered_by, one.denied_at) for one in answer.shares)
    return answer.decision, answer.answered_by, answer.denied_at, answer.conditions, shares


def entries_of(chance: random.Random) -> dict[str, dict[tuple[str, str], Entry]]:
    """Return the exports of each cluster, and six random entries, by kind and name."""
    made: dict[str, dict[tuple[str, str], Entry]] = {name: {} for name in CLUSTERS}
    for name in CLUSTERS:
        for entry in (exports(chance, name), *(drawn(chance, name) for _ in range(6))):
            made[name][entry["Kind"], entry["Name"]] = entry
    return made


def ailing(chance: random.Random) -> Entry:
    """Return a world of which parts do not run, do not work, or are not known."""
    made = world(entries_of(chance), peerings())
    for cluster in made["clusters"].values():
        cluster["gateway"] = chance.choice((True, True, True, False, None))
        cluster["default_intention"] = chance.choice(("allow", "deny", None))
        cluster["version"] = chance.choice(("1.16.7", "1.20.0", "1.22.0"))
        cluster["services"] = [one for name in NAMES if (one := _service(chance, name))]
        _unknown(chance, cluster)
    for item in made["peerings"]:
        item["state_at_acceptor"], item["state_at_dialer"] = (
            "ACTIVE",
            chance.choice(("ACTIVE",) * 8 + ("FAILING",)),
        )
    return made


def _service(chance: random.Random, name: str) -> Entry | None:
    state = chance.random()
    if state > 0.9:
        return None
    return {"name": name} | (
        {"healthy": False} if state > 0.75 else {"sidecar": False} if state > 0.7 else {}
    )


def _unknown(chance: random.Random, cluster: Entry) -> None:
    if chance.random() < 0.1:
        cluster |= {"services": [], "unknown": {"services": "denied"}}
    elif chance.random() < 0.1:
        left = [entry for entry in cluster["config_entries"] if entry["Kind"] != "service-resolver"]
        cluster |= {"config_entries": left, "unknown": {"service-resolver": "denied"}}
