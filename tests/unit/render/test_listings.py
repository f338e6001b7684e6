"""Which lists are shown item by item: those that the table of kinds names."""

from __future__ import annotations

import pytest

from reconciler.render.text import items
from reconciler.render.text.items import listing_of
from reconciler.render.text.peers import Peers
from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import entry_kinds

LISTED = [facts for facts in entry_kinds().values() if facts.items]


def test_intentions_and_exports_are_listed() -> None:
    assert {facts.kind for facts in LISTED} == {"service-intentions", "exported-services"}


@pytest.mark.parametrize("facts", LISTED, ids=lambda facts: facts.kind)
def test_a_named_list_is_one_of_objects_and_has_a_word_for_one(facts: items.Any) -> None:
    assert facts.fields[facts.items].startswith("list of struct")
    assert facts.item
    found = listing_of(Address(facts.type, "dc1", "any"))
    assert found is not None
    assert (found.container, found.noun) == (facts.items, facts.item)


@pytest.mark.parametrize("type_", ["service_defaults", "peering", "note"])
def test_other_types_have_no_list(type_: str) -> None:
    assert listing_of(Address(type_, "dc1", "api")) is None


def test_a_kind_needs_no_text_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    table = dict(entry_kinds())
    table["terminating-gateway"] = table["terminating-gateway"]._replace(items="Services", item="service")
    monkeypatch.setattr(items, "entry_kinds", lambda: table)
    found = listing_of(Address("config_entry", "dc1", "terminating-gateway/out"))
    assert found is not None
    assert listing_of(Address("config_entry", "dc1", "jwt-provider/okta")) is None
    text = found.text(Peers(()), "dc1", {"Name": "api", "SNI": "api.internal"})
    assert text.label == "api"
    assert any("api.internal" in line for line in text.details)
