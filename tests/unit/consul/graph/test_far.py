"""What is judged in another way after a write that breaks or mends a chain two steps away."""

from __future__ import annotations

import pytest

from reconciler_consul.graph import Graph, Servers
from tests.unit.consul.graph.support import at, gone, holding, write

EVERYWHERE = {"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "http"}}
BREAKS = write({"Kind": "service-defaults", "Name": "db", "Protocol": "http2"})
NAMED = gone("service-router", "job")


def splitter(name: str, *services: str) -> dict[str, object]:
    weight = 100 // len(services)
    return {
        "Kind": "service-splitter",
        "Name": name,
        "Splits": [{"Weight": weight, "Service": one} for one in services],
    }


@pytest.fixture
def made() -> Graph:
    """`api` leads to `job`, and by `mid` to `db`; `job` has a router of its own."""
    route = {"Match": {"HTTP": {"PathPrefix": "/a"}}}
    return holding(
        EVERYWHERE,
        splitter("api", "job", "mid"),
        splitter("mid", "db"),
        {"Kind": "service-router", "Name": "job", "Routes": [route]},
        {"Kind": "service-resolver", "Name": "pay", "Subsets": {"v1": {}}},
    )


def test_what_a_broken_chain_names_is_refused_afterwards_and_so_goes_first(made: Graph) -> None:
    verdict = made.judge(BREAKS)
    assert not verdict.refused
    assert NAMED.address in verdict.reads
    assert at("proxy-defaults") in verdict.reads
    assert at("service-resolver", "pay") not in verdict.reads
    assert not made.judge(NAMED).refused
    made.put(BREAKS)
    assert 'discovery chain "api" uses inconsistent protocols' in made.judge(NAMED).refused


def test_what_mends_it_is_looked_at_in_the_same_way(made: Graph) -> None:
    made.put(BREAKS)
    mends = write({"Kind": "service-defaults", "Name": "db", "Protocol": "http"})
    assert NAMED.address in made.judge(mends).reads


def test_what_leaves_it_whole_bears_on_nothing_more(made: Graph) -> None:
    assert NAMED.address not in made.judge(write({"Kind": "service-resolver", "Name": "db"})).reads


def test_a_chain_of_another_partition_that_leads_here() -> None:
    made = Graph({"dc1": Servers("home", 20, enterprise=True)})
    there = ("dc1", "team")
    split = {"Weight": 100, "Service": "job", "Partition": "default"}
    made.put(write(EVERYWHERE))
    made.put(write({"Kind": "service-splitter", "Name": "api", "Splits": [split]}, *there))
    router = gone("service-router", "job", *there)
    made.put(write({"Kind": "service-router", "Name": "job", "Routes": []}, *there))
    assert router.address in made.judge(gone("proxy-defaults", "global")).reads
