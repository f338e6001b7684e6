"""Which lists a chain needs that leads into another partition or namespace."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.foresight import Write
from reconciler_consul.foresight_further import further
from reconciler_consul.graph import Servers
from reconciler_consul.graph.body import OF_CHAINS
from reconciler_consul.reading import Lists
from reconciler_consul.server.listing import Entries, ListKey
from tests.unit.consul.graph.support import write

ENTERPRISE = {"dc1": Servers("home", 20, enterprise=True)}
SPACED = ("service-defaults", "service-resolver", "service-router", "service-splitter")
TEAM = {"Service": "web", "Partition": "team"}


def resolver(name: str, **fields: Any) -> dict[str, Any]:
    return {"Kind": "service-resolver", "Name": name, **fields}


def listed(*entries: dict[str, Any]) -> Entries:
    return Entries({entry["Name"]: entry for entry in entries}, False, False)


def asked(found: Lists, *writes: Write) -> set[tuple[str, str | None, str | None]]:
    return {(at.kind, at.partition, at.namespace) for at in further(found, writes, ENTERPRISE)}


@pytest.mark.parametrize(
    "entry",
    [
        resolver("db", Redirect=TEAM),
        resolver("db", Failover={"*": {"Targets": [TEAM]}}),
        {"Kind": "service-splitter", "Name": "db", "Splits": [{"Weight": 100, **TEAM}]},
        {"Kind": "service-router", "Name": "db", "Routes": [{"Destination": TEAM}]},
    ],
)
def test_all_that_the_other_partitions_chains_are_put_together_from(entry: dict[str, Any]) -> None:
    expected = {(kind, "team", None) for kind in OF_CHAINS}
    assert asked({}, write(entry)) == expected
    assert asked({ListKey("dc1", entry["Kind"], None, None): listed(entry)}) == expected


def test_another_namespace_of_the_own_partition() -> None:
    to = {"Service": "web", "Namespace": "finance"}
    found = asked(
        {ListKey("dc1", "proxy-defaults", None, None): listed()}, write(resolver("db", Redirect=to))
    )
    assert found == {(kind, None, "finance") for kind in SPACED}


def test_lists_that_were_read_are_not_asked_for_again_however_they_are_named() -> None:
    """`team` was read as a cluster of its own, which is that partition."""
    sites = {**ENTERPRISE, "team": Servers("home", 20, enterprise=True, partition="team")}
    read = {ListKey("team", kind, None, None): listed() for kind in OF_CHAINS}
    assert not further(read, [write(resolver("db", Redirect=TEAM))], sites)


@pytest.mark.parametrize("to", [{"Service": "web"}, {"Service": "web", "Peer": "dc2", "Partition": "team"}])
def test_what_stays_here_or_is_at_a_peer_needs_nothing_more(to: dict[str, str]) -> None:
    assert not asked({}, write(resolver("db", Redirect=to)))


def test_community_edition_has_no_other_place() -> None:
    sites = {"dc1": Servers("home", 20)}
    assert not further({}, [write(resolver("db", Redirect=TEAM))], sites)
