"""Which addresses a target means."""

from __future__ import annotations

import pytest

from reconciler.engine.planning.selection import NothingMatches, TwoMeanings, matching
from reconciler.model.plan import Selection
from reconciler.sdk.address import Address
from reconciler.sdk.globs import exactly

ALL = Address("service_intentions", "dc1", "*")
WEB = Address("service_intentions", "dc1", "web")
ODD = Address("service_intentions", "dc1", "a[b]?")


def test_a_glob_means_all_that_it_matches() -> None:
    assert matching(["service_intentions.dc1/*"], [WEB]) == {WEB}
    assert matching(["service_intentions.*"], [ALL, WEB]) == {ALL, WEB}
    assert matching(["service_intentions.dc1/**"], [ALL, WEB]) == {ALL, WEB}


def test_what_is_an_address_and_a_glob_for_others_too_is_refused() -> None:
    """Once `*` is gone the same words would mean everything that is left."""
    with pytest.raises(TwoMeanings) as caught:
        matching(["service_intentions.dc1/*"], [ALL, WEB])
    assert str(caught.value) == (
        "'service_intentions.dc1/*' is the address of one resource, and as a glob it matches 2"
    )
    assert caught.value.hint == (
        "write 'service_intentions.dc1/[*]' for that one, 'service_intentions.dc1/**' for all of them"
    )


def test_an_address_that_matches_nothing_else_means_that_object() -> None:
    assert matching(["service_intentions.dc1/*"], [ALL]) == {ALL}
    assert matching([str(ODD)], [ODD, WEB]) == {ODD}


def test_a_star_in_brackets_means_the_object_of_that_name_there_or_not() -> None:
    assert matching(["service_intentions.dc1/[*]"], [ALL, WEB]) == {ALL}
    with pytest.raises(NothingMatches):
        matching(["service_intentions.dc1/[*]"], [WEB])


@pytest.mark.parametrize("address", [ALL, WEB, ODD, Address("service_intentions", "dc1", "*", "team", "*")])
def test_an_address_written_as_a_glob_matches_itself_alone(address: Address) -> None:
    others = [a for a in (ALL, WEB, ODD) if a != address]
    assert matching([exactly(address)], [address, *others]) == {address}


def test_what_was_asked_for_follows_the_same_rule() -> None:
    assert Selection(targets=("service_intentions.dc1/[*]",)).asks_for(ALL)
    assert not Selection(targets=("service_intentions.dc1/[*]",)).asks_for(WEB)


@pytest.mark.parametrize(
    ("glob", "meant"),
    [
        ("hub", "*.hub/*"),
        ("we*", "*.we*/*"),
        ("peering", "peering.*"),
        ("api", "*/api"),
        ("hub/api", "*.hub/api"),
    ],
)
def test_a_part_of_an_address_is_answered_with_the_glob_for_it(glob: str, meant: str) -> None:
    addresses = [Address("peering", "hub", "west"), Address("service_intentions", "hub", "api")]
    addresses.append(Address("mesh", "west", "mesh"))
    with pytest.raises(NothingMatches) as refused:
        matching([glob], addresses)
    assert refused.value.hint == f"a glob matches whole addresses; did you mean {meant!r}?"
