"""What a write does to ingress gateways whose services only lead to what is written."""

from __future__ import annotations

import pytest

from reconciler.sdk.address import Address
from reconciler_consul.graph import Graph
from tests.unit.consul.graph.support import holding, write

DB = Address("service_resolver", "dc1", "db")
UNRELATED = Address("service_resolver", "dc1", "pay")


@pytest.fixture
def made() -> Graph:
    """The gateway gw listens for job, which leads to web, and for db; all of it is gRPC."""
    listener = {"Port": 8080, "Protocol": "grpc", "Services": [{"Name": "db"}, {"Name": "job"}]}
    return holding(
        {"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "grpc"}},
        {"Kind": "service-splitter", "Name": "job", "Splits": [{"Weight": 100, "Service": "web"}]},
        {"Kind": "ingress-gateway", "Name": "gw", "Listeners": [listener]},
        {"Kind": "service-resolver", "Name": "db", "Subsets": {"v1": {}}},
        {"Kind": "service-resolver", "Name": "pay", "Subsets": {"v1": {}}},
    )


def test_a_write_that_breaks_a_gateway_affects_all_that_it_listens_for(made: Graph) -> None:
    breaking = write({"Kind": "service-defaults", "Name": "web", "Protocol": "http2"})
    verdict = made.judge(breaking)
    assert not verdict.refused
    assert DB in verdict.reads
    assert UNRELATED not in verdict.reads
    made.put(breaking)
    resolver = write({"Kind": "service-resolver", "Name": "db", "Subsets": {"v2": {}}})
    assert "does not match defined listener protocol" in made.judge(resolver).refused


def test_so_does_the_write_that_mends_it(made: Graph) -> None:
    made.put(write({"Kind": "service-defaults", "Name": "web", "Protocol": "http2"}))
    assert DB in made.judge(write({"Kind": "service-defaults", "Name": "web", "Protocol": "grpc"})).reads


def test_a_write_that_leaves_it_as_it_is_bears_on_nothing_more(made: Graph) -> None:
    assert DB not in made.judge(write({"Kind": "service-defaults", "Name": "web", "Protocol": "grpc"})).reads
