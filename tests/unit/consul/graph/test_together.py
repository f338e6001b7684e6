"""Whose access several writes may change in whatever order: also by what is there only in between."""

from __future__ import annotations

from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Access, Write
from reconciler_consul.graph import Graph
from tests.unit.consul.graph.support import gone, holding, write
from tests.unit.consul.graph.test_interims import HTTP, exports, resolver


def opened(found: Access) -> set[str]:
    return {f"{reach.service}@{reach.peer}" for reach in found.opens}


def closed(found: Access) -> set[str]:
    return {f"{reach.service}@{reach.peer}" for reach in found.closes}


def found(made: Graph, *writes: Write) -> dict[Address, Access]:
    return dict(made.accesses(writes))


def test_a_chain_that_is_there_only_in_between_counts() -> None:
    """web is exported now and leads to redis by then, which leads to db by then."""
    made = holding(*HTTP, exports(web=["dc2"]))
    to_redis = write(resolver(Redirect={"Service": "redis"}))
    to_db = write({"Kind": "service-resolver", "Name": "redis", "Redirect": {"Service": "db"}})
    access = found(made, to_redis, to_db, gone("exported-services"))
    assert "db@dc2" in opened(access[to_redis.address])
    assert "db@dc2" in opened(access[to_db.address])
    assert {"db@dc2", "redis@dc2", "web@dc2"} <= closed(access[gone("exported-services").address])


def test_the_subset_by_which_a_chain_goes_on_counts() -> None:
    failover = {"v2": {"Targets": [{"Service": "redis"}]}}
    made = holding(*HTTP, exports(web=["dc2"]), resolver(Subsets={"v2": {}}, Failover=failover))
    splits = [{"Weight": 100, "Service": "web", "ServiceSubset": "v2"}]
    split = write({"Kind": "service-splitter", "Name": "web", "Splits": splits})
    assert "redis@dc2" in opened(found(made, split)[split.address])
    chosen = write(resolver(Subsets={"v2": {}}, Failover=failover, DefaultSubset="v2"))
    assert "redis@dc2" in opened(found(made, chosen)[chosen.address])


def test_what_is_exported_to_nobody_changes_nobodys_access() -> None:
    made = holding(*HTTP)
    there = write(resolver(Redirect={"Service": "redis"}))
    access = found(made, there)[there.address]
    assert (access.opens, access.closes) == (frozenset(), frozenset())
