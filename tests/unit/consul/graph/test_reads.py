"""What an answer rests on: writes that do not rest on each other are taken in any order.

A run does at once what does not rest on each other. So an order that was found is kept only where it counts,
and every order that keeps that much must be taken as well. GRAPH_SEEDS and GRAPH_FIRST choose the seeds.
"""

from __future__ import annotations

import os
import random

from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Write
from reconciler_consul.graph import Graph
from tests.support.tables import each
from tests.unit.consul.graph.more import More
from tests.unit.consul.graph.support import at, gone, graph, holding, step_write, write

SEEDS = int(os.environ.get("GRAPH_SEEDS", "12"))
FIRST = int(os.environ.get("GRAPH_FIRST", "0"))
STANDING, WRITTEN, ORDERS = 30, 25, 6

HTTP = [{"Kind": "service-defaults", "Name": name, "Protocol": "http"} for name in ("a", "b")]
SPLIT = {"Kind": "service-splitter", "Name": "a", "Splits": [{"Weight": 50}, {"Weight": 50, "Service": "b"}]}


def touched(standing: Graph, asked: Write) -> frozenset[Address]:
    """What a write rests on, and what it lets go of."""
    before = Write(asked.address, standing.body(asked.address))
    return standing.judge(asked).reads | standing.judge(before).reads


def sequence(seed: int) -> tuple[list[Write], list[Write], list[set[int]]]:
    """(What stands, writes that are taken one after the other, for each those that must go before it)."""
    draw, made = More(seed), graph("1.20")
    standing: list[Write] = []
    while len(standing) < STANDING:
        asked = step_write(draw.write())
        if not made.judge(asked).refused:
            made.put(asked)
            standing.append(asked)
    taken: list[Write] = []
    waits: list[set[int]] = []
    rests: list[frozenset[Address]] = []
    for _ in range(WRITTEN):
        asked = step_write(draw.write())
        again = any(asked.address == other.address for other in taken)
        if again or made.judge(asked).refused:
            continue
        read = touched(made, asked)
        waits.append({n for n, w in enumerate(taken) if w.address in read or asked.address in rests[n]})
        rests.append(read)
        taken.append(asked)
        made.put(asked)
    return standing, taken, waits


def shuffled(waits: list[set[int]], chance: random.Random) -> list[int]:
    """An order that keeps what must be kept."""
    order: list[int] = []
    while len(order) < len(waits):
        ready = [n for n in range(len(waits)) if n not in order and waits[n] <= set(order)]
        order.append(chance.choice(ready))
    return order


@each("seed", range(FIRST, FIRST + SEEDS))
def test_every_order_that_keeps_what_counts_is_taken(seed: int) -> None:
    standing, taken, waits = sequence(seed)
    chance = random.Random(seed)
    for _ in range(ORDERS):
        made = graph("1.20")
        for asked in standing:
            made.put(asked)
        for number in shuffled(waits, chance):
            assert not made.judge(taken[number]).refused, f"seed {seed}: {taken[number]}"
            made.put(taken[number])


def test_writes_about_different_services_rest_on_nothing_of_each_other() -> None:
    made = holding(*HTTP, SPLIT)
    assert made.judge(write({"Kind": "service-defaults", "Name": "z", "Protocol": "http"})).reads.isdisjoint(
        {at("service-defaults", "a"), at("service-splitter", "a"), at("proxy-defaults")}
    )
    plain = {"Kind": "service-intentions", "Name": "z", "Sources": [{"Name": "a", "Action": "allow"}]}
    assert made.judge(write(plain)).reads == frozenset()


def test_a_protocol_rests_on_who_leads_to_the_service() -> None:
    made = holding(*HTTP, SPLIT)
    verdict = made.judge(write({"Kind": "service-defaults", "Name": "b", "Protocol": "tcp"}))
    assert "inconsistent protocols" in verdict.refused
    assert {at("service-splitter", "a"), at("service-defaults", "a")} <= verdict.reads


def test_what_is_missing_is_rested_on_too() -> None:
    refused = graph().judge(write(SPLIT))
    assert at("service-defaults", "a") in refused.reads
    assert at("proxy-defaults") in refused.reads
    subset = {"Kind": "service-resolver", "Name": "a", "Redirect": {"Service": "b", "ServiceSubset": "v1"}}
    verdict = holding(*HTTP).judge(write(subset))
    assert verdict.refused == 'service "b" does not have a subset named "v1"'
    assert at("service-resolver", "b") in verdict.reads


def test_a_splitter_of_one_service_rests_on_its_protocol() -> None:
    alone = {"Kind": "service-splitter", "Name": "a", "Splits": [{"Weight": 100}]}
    for made in (graph(), holding(*HTTP)):
        assert at("service-defaults", "a") in made.judge(write(alone)).reads


def test_a_protocol_that_decides_nothing_is_not_rested_on() -> None:
    made = holding(*HTTP)
    verdict = made.judge(
        write({"Kind": "service-resolver", "Name": "a", "DefaultSubset": "v", "Subsets": {"v": {}}})
    )
    assert at("proxy-defaults") not in verdict.reads


def test_a_provider_may_go_once_the_intentions_let_go_of_it() -> None:
    keys = {"Kind": "jwt-provider", "Name": "okta", "JSONWebKeySet": {"Local": {"JWKS": "e30="}}}
    asking = {
        "Kind": "service-intentions",
        "Name": "a",
        "JWT": {"Providers": [{"Name": "okta"}]},
        "Sources": [{"Name": "b", "Action": "allow"}],
    }
    made = holding(keys, asking)
    verdict = made.judge(gone("jwt-provider", "okta"))
    assert "referenced by an intention" in verdict.refused
    assert verdict.reads == {at("service-intentions", "a")}
    made.put(gone("service-intentions", "a"))
    assert not made.judge(gone("jwt-provider", "okta")).refused


def test_a_protocol_rests_on_gateways_and_rules_of_its_service() -> None:
    listener = {"Port": 80, "Protocol": "http", "Services": [{"Name": "a"}, {"Name": "z"}]}
    gateway = {"Kind": "ingress-gateway", "Name": "gw", "Listeners": [listener]}
    rules = [{"Action": "allow", "HTTP": {"PathPrefix": "/"}}]
    guarded = {"Kind": "service-intentions", "Name": "a", "Sources": [{"Name": "b", "Permissions": rules}]}
    other = {"Kind": "service-intentions", "Name": "z", "Sources": [{"Name": "b", "Permissions": rules}]}
    z = {"Kind": "service-defaults", "Name": "z", "Protocol": "http"}
    made = holding(*HTTP, z, gateway, guarded, other)
    reads = made.judge(write({**HTTP[0], "Meta": {"x": "y"}})).reads
    assert {at("ingress-gateway", "gw"), at("service-intentions", "a")} <= reads
    assert reads.isdisjoint({at("service-intentions", "z"), at("service-defaults", "z")})


def test_the_rules_of_whoever_leads_there_are_rested_on() -> None:
    rules = [{"Action": "allow", "HTTP": {"PathPrefix": "/"}}]
    guarded = {"Kind": "service-intentions", "Name": "a", "Sources": [{"Name": "c", "Permissions": rules}]}
    made = holding(*HTTP, SPLIT, guarded)
    assert at("service-intentions", "a") in made.judge(write({**HTTP[1], "Meta": {"x": "y"}})).reads


def test_exports_rest_on_the_chains_and_chains_that_leave_on_the_exports() -> None:
    leaving = {"Kind": "service-resolver", "Name": "a", "Redirect": {"Service": "b"}}
    exports = {
        "Kind": "exported-services",
        "Name": "default",
        "Services": [{"Name": "a", "Consumers": [{"Peer": "dc2"}]}],
    }
    assert at("service-resolver", "a") in holding(leaving).judge(write(exports)).reads
    assert at("exported-services") in graph().judge(write(leaving)).reads
    assert at("service-defaults", "a") in holding(*HTTP, exports).judge(write(leaving)).reads
