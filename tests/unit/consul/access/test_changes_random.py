"""A change of one object: what the analysis finds from the object is what all pairs show."""

from __future__ import annotations

import random
from typing import Any

import pytest

from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.question import ANY, Question, Service
from reconciler.sdk.address import Address
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.access.changes import may_be_answered
from reconciler_consul.kinds.names import entry_address
from tests.support.tables import each

CLUSTERS = ("one", "two", "three")
NAMES = ("a", "b", "c")
ROUNDS = 60
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


def check(before: Entry, after: Entry, touched: Address) -> int:
    """Return how many pairs differ; each is a line, or one of those that the line of `*` is about."""
    one, two = ConsulAnalysis(before), ConsulAnalysis(after)
    found = one.changes(two, [touched])
    lines = {(c.caller, c.to): c for c in (*found.opened, *found.closed, *found.changed)}
    differing = 0
    for cluster in CLUSTERS:
        for caller in (*NAMES, ANY):
            for there in CLUSTERS:
                for name in NAMES:
                    pair = Service(cluster, caller), Service(there, name)
                    was, will = one.answer(Question(*pair)), two.answer(Question(*pair))
                    if said(was) == said(will) or not (may_be_answered(was) or may_be_answered(will)):
                        assert pair not in lines
                        continue
                    differing += 1
                    line = lines.get(pair) or lines.get((Service(cluster, ANY), pair[1]))
                    assert line is not None, (str(pair[0]), str(pair[1]), str(touched), was, will)
                    assert (said(line.before), said(line.after)) == (said(was), said(will)), pair
    return differing


@pytest.mark.long
@each("seed", range(ROUNDS))
def test_a_change_is_found_from_its_object(seed: int) -> None:
    chance = random.Random(seed)
    entries: dict[str, dict[tuple[str, str], Entry]] = {name: {} for name in CLUSTERS}
    for name in CLUSTERS:
        for entry in (exports(chance, name), *(drawn(chance, name) for _ in range(6))):
            entries[name][entry["Kind"], entry["Name"]] = entry
    before = world(entries, peerings())
    for _ in range(6):
        cluster = chance.choice(CLUSTERS)
        entry = drawn(chance, cluster)
        key = entry["Kind"], entry["Name"]
        changed = {name: dict(held) for name, held in entries.items()}
        if key in changed[cluster] and chance.random() < 0.5:
            del changed[cluster][key]
        else:
            changed[cluster][key] = entry
        check(before, world(changed, peerings()), entry_address(key, cluster))


def test_a_peering_that_goes_takes_what_it_carried() -> None:
    chance = random.Random(1)
    entries: dict[str, dict[tuple[str, str], Entry]] = {
        name: {("exported-services", "default"): exports(chance, name)} for name in CLUSTERS
    }
    before = world(entries, peerings())
    assert check(before, world(entries, peerings()[1:]), Address("peering", "one", "two"))
