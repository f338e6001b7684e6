"""Two rows, one verdict: the table of a peering's life, and everything that only looks like it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.provider import Condition
from reconciler_consul.peering.body import PeeringSpec, Site, discovered, ends, present
from reconciler_consul.peering.pair import judge_pair
from tests.support.tables import each

NOW = datetime(2025, 6, 1, 12, 0, 30, tzinfo=UTC)
A_DOMAIN, D_DOMAIN = "aaaa.consul", "dddd.consul"
SPEC = PeeringSpec.of(Address("peering", "north", "lab"), {"Names": {"north": "lab-1", "lab": "hq"}})


def accepting(state: str, id_: str = "A", remote: str = "", **more: Any) -> dict[str, Any]:
    return {
        "Name": "lab-1",
        "ID": id_,
        "State": state,
        "Remote": {"Datacenter": remote},
        "ModifyIndex": 7,
        **more,
    }


def dialing(
    state: str, peer_id: str = "A", server: str = f"server.dc-n.peering.{A_DOMAIN}", **more: Any
) -> dict[str, Any]:
    row = {
        "Name": "hq",
        "ID": "D",
        "State": state,
        "PeerID": peer_id,
        "PeerServerName": server,
        "ModifyIndex": 9,
    }
    return {**row, "Remote": {"Datacenter": "dc-n"}, **more}


def sites(
    north: dict[str, Any] | None, lab: dict[str, Any] | None, *more_north: dict[str, Any], more_lab: Any = ()
) -> dict[str, Site]:
    at_north = {row["Name"]: row for row in (north, *more_north) if row}
    at_lab = {row["Name"]: row for row in (lab, *more_lab) if row}
    return {"north": Site(at_north, "dc-n", A_DOMAIN), "lab": Site(at_lab, "dc-l", D_DOMAIN)}


def verdict(north: dict[str, Any] | None, lab: dict[str, Any] | None, *more: Any, more_lab: Any = ()) -> Any:
    return judge_pair(*ends(SPEC, sites(north, lab, *more, more_lab=more_lab)))


SWAPPED_NORTH = {**dialing("ACTIVE", "L", f"server.dc-l.peering.{D_DOMAIN}"), "Name": "lab-1", "ID": "N"}
SWAPPED_NORTH["Remote"] = {"Datacenter": "dc-l"}
SWAPPED_LAB = {**accepting("ACTIVE", "L", "dc-n"), "Name": "hq"}
FOREIGN = "server.dc-x.peering.xxxx.consul"
DELETED = "2025-06-01T12:00:00Z"

TABLE = [
    ("nothing", None, None, None),
    ("healthy", accepting("ACTIVE", remote="dc-l"), dialing("ACTIVE"), Condition.READY),
    ("healthy, the other way round", SWAPPED_NORTH, SWAPPED_LAB, Condition.READY),
    ("waits to be dialed", accepting("PENDING"), None, Condition.INCOMPLETE),
    ("left over from a failed exchange", accepting("PENDING"), dialing("PENDING"), Condition.INCOMPLETE),
    ("left over, acceptor made again", accepting("PENDING", "A2"), dialing("PENDING"), Condition.INCOMPLETE),
    ("left over alone", None, dialing("PENDING"), Condition.INCOMPLETE),
    ("exchanged, not connected yet", accepting("PENDING"), dialing("ESTABLISHING"), Condition.UNHEALTHY),
    ("one end sees it first", accepting("PENDING"), dialing("ACTIVE"), Condition.UNHEALTHY),
    ("broken connection", accepting("FAILING", remote="dc-l"), dialing("FAILING"), Condition.UNHEALTHY),
    ("after an election", accepting("PENDING", remote="dc-l"), dialing("FAILING"), Condition.UNHEALTHY),
    ("after both elected", accepting("PENDING", remote="dc-l"), dialing("ESTABLISHING"), Condition.UNHEALTHY),
    ("acceptor deleted", None, dialing("TERMINATED"), Condition.BROKEN),
    ("dialer deleted", accepting("TERMINATED", remote="dc-l"), None, Condition.BROKEN),
    (
        "terminated beside a new row",
        accepting("TERMINATED", remote="dc-l"),
        dialing("FAILING"),
        Condition.BROKEN,
    ),
    ("orphaned dialer", None, dialing("FAILING"), Condition.BROKEN),
    ("zombie: ACTIVE with nothing there", accepting("ACTIVE", remote="dc-l"), None, Condition.BROKEN),
    ("acceptor made again", accepting("PENDING", "A2"), dialing("FAILING"), Condition.BROKEN),
    (
        "both wait to be dialed",
        accepting("PENDING"),
        {**accepting("PENDING", "B"), "Name": "hq"},
        Condition.BROKEN,
    ),
    ("wrong end waits to be dialed", None, {**accepting("PENDING", "B"), "Name": "hq"}, Condition.BROKEN),
    (
        "leaving on one",
        accepting("ACTIVE", remote="dc-l", DeletedAt=DELETED),
        dialing("ACTIVE"),
        Condition.LEAVING,
    ),
    ("leaving on the other", None, dialing("DELETING", DeletedAt=DELETED), Condition.LEAVING),
    ("dials another cluster", accepting("PENDING"), dialing("ACTIVE", "Z", FOREIGN), Condition.CONFLICT),
    ("alone and dials another", None, dialing("ACTIVE", "Z", FOREIGN), Condition.CONFLICT),
    ("terminated, was another's", None, dialing("TERMINATED", "Z", FOREIGN), Condition.CONFLICT),
    (
        "being deleted, but another's",
        None,
        dialing("ACTIVE", "Z", FOREIGN, DeletedAt=DELETED),
        Condition.CONFLICT,
    ),
    ("accepted another cluster", accepting("ACTIVE", remote="dc-x"), None, Condition.CONFLICT),
]


@each(("north", "lab", "condition"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_table(
    north: dict[str, Any] | None, lab: dict[str, Any] | None, condition: Condition | None
) -> None:
    found = verdict(north, lab)
    assert found.condition is condition
    assert bool(found.why) is (condition not in (None, Condition.READY))


def test_linked_under_another_name_is_a_conflict_that_names_both() -> None:
    found = verdict(
        accepting("ACTIVE", remote="dc-l"), None, more_lab=[{**dialing("ACTIVE"), "Name": "old-hq"}]
    )
    assert found.condition is Condition.CONFLICT
    assert found.why == '"lab-1" on north is linked to "old-hq" on lab'


def test_the_dialer_of_another_row_is_a_conflict_that_names_both() -> None:
    other = {**accepting("ACTIVE", "A9", "dc-l"), "Name": "lab-9"}
    found = verdict(None, dialing("ACTIVE", "A9"), other)
    assert found.condition is Condition.CONFLICT
    assert found.why == '"hq" on lab is linked to "lab-9" on north'


def test_names_are_found_in_any_letter_case() -> None:
    upper = PeeringSpec.of(Address("peering", "north", "lab"), {"Names": {"north": "LAB-1", "lab": "HQ"}})
    pair = ends(upper, sites(accepting("ACTIVE", remote="dc-l"), dialing("ACTIVE")))
    assert judge_pair(*pair).condition is Condition.READY


def test_roles_are_reported_as_they_are_and_not_as_declared() -> None:
    seen = present(SPEC, sites(SWAPPED_NORTH, SWAPPED_LAB), NOW)
    assert seen is not None
    assert (seen.body["Acceptor"], seen.body["Dialer"]) == ("lab", "north")
    assert seen.remote_ids["acceptor_id"] == SWAPPED_LAB["ID"]
    assert seen.remote_ids["dialer_id"] == SWAPPED_NORTH["ID"]
    assert "north dialed" in seen.status


def test_a_healthy_link_says_how_fresh_it_is() -> None:
    stream = {"LastHeartbeat": "2025-06-01T12:00:26.123456789Z"}
    seen = present(
        SPEC, sites(accepting("ACTIVE", remote="dc-l", StreamStatus=stream), dialing("ACTIVE")), NOW
    )
    assert seen is not None
    assert seen.status == "active on both ends, heartbeat 3 s ago"
    assert seen.remote_ids == {"acceptor_id": "A", "dialer_id": "D"}


@pytest.mark.parametrize("never", [None, "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "soon", 5])
def test_a_heartbeat_that_never_came_is_not_shown(never: Any) -> None:
    rows = (accepting("ACTIVE", remote="dc-l", StreamStatus={"LastHeartbeat": never}), dialing("ACTIVE"))
    seen = present(SPEC, sites(*rows), NOW)
    assert seen is not None
    assert seen.status == "active on both ends"


def test_without_a_word_on_names_the_only_link_between_the_two_is_found() -> None:
    bare = PeeringSpec.of(Address("peering", "lab", "north"), None)
    where = sites(accepting("ACTIVE", remote="dc-l"), dialing("ACTIVE"))
    assert discovered(bare, where).names == {"north": "lab-1", "lab": "hq"}
    assert discovered(bare, where).acceptor == "north"


def test_what_is_external_is_remembered_because_consul_never_shows_it() -> None:
    hint = {"Names": {"north": "lab-1", "lab": "hq"}, "ServerExternalAddresses": ["1.2.3.4:8503"]}
    spec = PeeringSpec.of(Address("peering", "north", "lab"), hint)
    seen = present(spec, sites(accepting("ACTIVE", remote="dc-l", Meta={"a": "b"}), dialing("ACTIVE")), NOW)
    assert seen is not None
    assert seen.body["ServerExternalAddresses"] == ["1.2.3.4:8503"]
    assert seen.body["Meta"] == {"a": "b"}


def test_before_the_trust_domain_is_known_ids_alone_decide() -> None:
    blind = {
        name: Site(site.rows)
        for name, site in sites(accepting("ACTIVE"), dialing("ACTIVE", server="")).items()
    }
    assert judge_pair(*ends(SPEC, blind)).condition is Condition.READY


def spelt(north: dict[str, Any], lab: dict[str, Any] | None, name: str) -> Any:
    """The verdict where the accepting row's name is stored in this letter case."""
    found = sites(north, lab)
    found["north"] = Site({"lab-1": {**north, "Name": name}}, "dc-n", A_DOMAIN)
    return judge_pair(*ends(SPEC, found))


def test_an_existing_link_in_another_letter_case_is_reported_and_kept() -> None:
    up = accepting("ACTIVE", remote="dc-l"), dialing("ACTIVE")
    assert spelt(*up, "lab-1").condition is Condition.READY
    found = spelt(*up, "LAB-1")
    assert found.condition is Condition.UNHEALTHY
    assert found.why == (
        '"lab-1" on north is stored as "LAB-1", which exports to "lab-1" do not match: '
        "plan with --replace to recreate it"
    )


def test_what_is_half_made_under_such_a_name_is_recreated() -> None:
    assert spelt(accepting("PENDING"), None, "lab-1").condition is Condition.INCOMPLETE
    assert spelt(accepting("PENDING"), None, "LAB-1").condition is Condition.BROKEN


def test_a_link_of_such_a_name_that_is_down_is_reported_as_down() -> None:
    found = spelt(accepting("FAILING", remote="dc-l"), dialing("FAILING"), "LAB-1")
    assert (found.condition, "FAILING" in found.why) == (Condition.UNHEALTHY, True)
