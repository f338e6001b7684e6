"""Recorded objects under other addresses: what is matched, what is refused, what goes along."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.engine.planning.relocating import free, handed_over, pairs, relocated
from reconciler.model.relocation import BadMove
from reconciler.model.state import Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind
from reconciler.sdk.secrets.sensitive import Seal, Sensitive

KINDS = {
    ("p", "peering"): Kind(
        "peering", 1, symmetric=True, cluster_fields=frozenset({"Acceptor", "Dialer", "Names"})
    ),
    ("p", "service_resolver"): Kind("service_resolver", 2),
}


def at(text: str) -> Address:
    return Address.parse(text)


def entry(text: str, *needs: str, **more: object) -> Recorded:
    return Recorded(at(text), {"Name": "x"}, "p", depends_on=tuple(map(at, needs)), **more)  # type: ignore[arg-type]


def peering(acceptor: str, dialer: str) -> Recorded:
    body = {"Acceptor": acceptor, "Dialer": dialer, "Names": {acceptor: "a", dialer: "d"}}
    return Recorded(at(f"peering.{acceptor}/{dialer}"), body, "p", remote_ids={acceptor: "1", dialer: "2"})


def cluster(name: str, identity: str = "") -> RecordedCluster:
    return RecordedCluster(name, f"http://{identity or name}", "p", identity or name)


def state(*entries: Recorded, clusters: tuple[str, ...] = ("dc1", "dc2"), seal: Seal | None = None) -> State:
    return State(
        "lineage", 3, {n: cluster(n) for n in clusters}, {one.address: one for one in entries}, seal=seal
    )


STATE = state(
    peering("dc1", "dc2"),
    entry("service_resolver.dc1/api", "peering.dc1/dc2"),
    entry("service_resolver.dc1/*"),
)


def moved(source: str, destination: str, before: State = STATE) -> State:
    return relocated(before, pairs(source, destination, before.resources), KINDS)


@pytest.mark.parametrize(
    ("source", "destination", "found"),
    [
        ("service_resolver.dc1/api", "service_resolver.us/api", {"api": "us/api"}),
        ("service_resolver.dc1/*", "service_resolver.us/*", {"api": "us/api", "*": "us/*"}),
        ("service_resolver.dc1/[*]", "service_resolver.us/[*]", {"*": "us/*"}),
        ("service_resolver.dc1/a*", "service_resolver.us/b*", {"api": "us/bpi"}),
        ("*_resolver.dc1/ap*", "*_resolver.us/ap*", {"api": "us/api"}),
        ("service_resolver.dc9/*", "service_resolver.us/*", {}),
        ("service_resolver.dc1/ap", "service_resolver.us/ap", {}),
    ],
)
def test_each_star_is_what_it_stands_for(source: str, destination: str, found: dict[str, str]) -> None:
    expected = {
        at(f"service_resolver.dc1/{old}"): at(f"service_resolver.{new}") for old, new in found.items()
    }
    assert pairs(source, destination, STATE.resources) == expected


@pytest.mark.parametrize(
    ("source", "destination", "why"),
    [
        ("service_resolver.dc1/*", "service_resolver.us/api", "has 1 \\* and .* has 0"),
        ("service_resolver.dc1/api", "service_resolver.us/*", "has 0 \\* and .* has 1"),
        ("service_resolver.dc1/ap?", "service_resolver.us/api", "another wildcard"),
        ("service_resolver.dc1/api", "service_resolver.us/[ab]", "another wildcard"),
        ("service_resolver.dc1/api", "somewhere", "not an address"),
    ],
)
def test_what_is_no_pair_of_addresses_is_refused(source: str, destination: str, why: str) -> None:
    with pytest.raises(BadMove, match=why):
        pairs(source, destination, STATE.resources)


def test_two_resources_cannot_become_one() -> None:
    both = {at("service_resolver.dc1/a-b"), at("service_resolver.dc1/ab-")}
    with pytest.raises(BadMove, match="several resources that would all become "):
        pairs("service_resolver.dc1/*-*", "service_resolver.us/**", both)


def test_a_taken_address_is_refused() -> None:
    with pytest.raises(BadMove, match="is in the state already"):
        free({at("service_resolver.dc1/api"): at("service_resolver.dc1/*")}, {at("service_resolver.dc1/*")})


def test_references_and_names_of_clusters_follow() -> None:
    after = moved("peering.dc1/dc2", "peering.us/dc2")
    there = after.resources[at("peering.us/dc2")]
    assert there.body == {"Acceptor": "us", "Dialer": "dc2", "Names": {"us": "a", "dc2": "d"}}
    assert there.remote_ids == {"us": "1", "dc2": "2"}
    assert after.resources[at("service_resolver.dc1/api")].depends_on == (at("peering.us/dc2"),)


def test_the_other_way_round_it_is_the_same_body() -> None:
    after = moved("peering.dc1/dc2", "peering.dc2/dc1")
    assert after.resources[at("peering.dc2/dc1")].body == peering("dc1", "dc2").body


def test_a_cluster_that_gets_another_name_is_recorded_under_it() -> None:
    alone = state(entry("service_resolver.dc1/api"))
    after = moved("*.dc1/*", "*.us/*", alone)
    assert after.clusters == {"us": replace(cluster("dc1"), name="us"), "dc2": cluster("dc2")}


def test_a_cluster_on_which_something_is_left_stays() -> None:
    after = moved("service_resolver.dc1/api", "service_resolver.us/api")
    assert after.clusters.keys() == {"dc1", "dc2", "us"}
    rest = moved("service_resolver.dc1/[*]", "service_resolver.us/[*]", after)
    assert moved("peering.dc1/dc2", "peering.us/dc2", rest).clusters.keys() == {"dc2", "us"}


def test_a_cluster_that_is_recorded_stays_what_it_is() -> None:
    after = moved("service_resolver.dc1/api", "service_resolver.dc2/api")
    assert after.clusters == STATE.clusters


def test_handing_over_takes_clusters_and_the_key_of_digests_along() -> None:
    seal = Seal("k")
    secret = Recorded(at("service_resolver.dc1/s"), {"K": Sensitive(digest="d", seal=seal)}, "p")
    source = state(peering("dc1", "dc2"), secret, seal=seal)
    rest, grown = handed_over(source, State("other", 7), {secret.address: secret.address}, KINDS)
    assert rest.resources.keys() == {at("peering.dc1/dc2")}
    assert rest.clusters.keys() == {"dc1", "dc2"}
    assert (grown.resources, grown.seal) == ({secret.address: secret}, seal)
    assert grown.clusters == {"dc1": cluster("dc1")}
    assert (grown.lineage, grown.serial) == ("other", 7)


NAMES = st.sampled_from(["dc1", "dc2", "dc3"])
ENTRIES = st.one_of(
    st.tuples(NAMES, NAMES).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: peering(*pair)),
    st.tuples(NAMES, st.sampled_from("ab*")).map(lambda pair: entry(f"service_resolver.{pair[0]}/{pair[1]}")),
)
STATES = st.lists(ENTRIES, max_size=6).map(lambda some: state(*some, clusters=("dc1", "dc2", "dc3")))


@settings(max_examples=150, deadline=None)
@given(before=STATES, which=st.data())
def test_there_and_back_is_the_same_state(before: State, which: st.DataObject) -> None:
    if not before.resources:
        return
    old = which.draw(st.sampled_from(sorted(before.resources)))
    new = replace(old, cluster="us")
    there = relocated(before, {old: new}, KINDS)
    assert relocated(there, {new: old}, KINDS) == before


@settings(max_examples=150, deadline=None)
@given(before=STATES, name=NAMES)
def test_a_whole_cluster_there_and_back_is_the_same_state(before: State, name: str) -> None:
    there = relocated(before, pairs(f"*.{name}/*", "*.us/*", before.resources), KINDS)
    assert relocated(there, pairs("*.us/*", f"*.{name}/*", there.resources), KINDS) == before


@settings(max_examples=150, deadline=None)
@given(before=STATES, which=st.data())
def test_handed_over_and_back_is_the_same_state(before: State, which: st.DataObject) -> None:
    moves = {a: a for a in before.resources if which.draw(st.booleans())}
    held = {one for address in before.resources for one in (address.cluster, address.name)}
    before = replace(before, clusters={n: one for n, one in before.clusters.items() if n in held})
    rest, grown = handed_over(before, State("other", 1), moves, KINDS)
    assert rest.resources.keys().isdisjoint(grown.resources)
    _, again = handed_over(grown, rest, moves, KINDS)
    assert again == before
