"""Whether callers get as far as a service: exports and the chains of what is exported; rules left aside."""

from __future__ import annotations

from reconciler.sdk.address import Address
from reconciler.sdk.foresight import ANY, Reach, Write
from reconciler_consul.graph import Graph, Servers
from tests.unit.consul.graph.support import holding, write
from tests.unit.consul.graph.test_interims import HTTP, exports, resolver


def arriving(made: Graph, peer: str) -> set[str]:
    names = ("web", "redis", "api")
    return {name for name in names if made.arrives(Reach("dc1", name, peer))}


def test_local_callers_always_do() -> None:
    assert arriving(holding(), "") == {"web", "redis", "api"}


def test_peers_do_where_something_is_exported_to_them() -> None:
    made = holding(*HTTP, exports(web=["dc2"]))
    assert (arriving(made, "dc2"), arriving(made, "dc3")) == ({"web"}, set())
    assert made.arrives(Reach("dc1", "web", ANY))
    assert made.arrives(Reach("dc1", ANY, "dc2"))
    assert not made.arrives(Reach("dc1", ANY, "dc3"))


def test_peers_get_where_a_chain_leads() -> None:
    made = holding(*HTTP, exports(web=["dc2"]))
    made.put(write(resolver(Redirect={"Service": "redis"})))
    assert "redis" in arriving(made, "dc2")


def test_partitions_of_the_same_servers_count_as_local_callers() -> None:
    servers = {name: Servers("s", 20, True, name) for name in ("team", "west")}
    address = Address("exported_services", "team", "team", "team")
    made = Graph(servers, frozenset(), [address])
    body = {"Services": [{"Name": "web", "Consumers": [{"Partition": "west"}]}]}
    found = made.access(Write(address, body))
    assert (found.opens, found.closes) == (frozenset({Reach("team", "web", "")}), frozenset())
