"""Which addresses a target means."""

from __future__ import annotations

import pytest

from reconciler.engine.selection import NothingMatches, matching
from reconciler.sdk.address import Address

ALL = Address("service_intentions", "dc1", "*")
WEB = Address("service_intentions", "dc1", "web")


def test_an_address_that_is_there_means_that_object_alone() -> None:
    assert matching(["service_intentions.dc1/*"], [ALL, WEB]) == {ALL}


def test_a_glob_means_all_that_it_matches() -> None:
    assert matching(["service_intentions.dc1/*"], [WEB]) == {WEB}
    assert matching(["service_intentions.*"], [ALL, WEB]) == {ALL, WEB}


def test_a_star_in_brackets_means_the_object_of_that_name_there_or_not() -> None:
    assert matching(["service_intentions.dc1/[*]"], [ALL, WEB]) == {ALL}
    with pytest.raises(NothingMatches):
        matching(["service_intentions.dc1/[*]"], [WEB])
