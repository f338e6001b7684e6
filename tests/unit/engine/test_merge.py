"""Three-way merge: what is set, what goes, what stays."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.diff import diff
from reconciler.engine.bodies.merge import merge, project, remainder
from reconciler.model.change import Op
from reconciler.sdk.kinds import Foreign, Form, KeyedBy, Rule
from tests.support.tables import each

ITEM = Rule({"Name": Rule(), "Action": Rule(), "Permissions": Rule()}, exclusive=(("Action", "Permissions"),))
RULE = Rule(
    {
        "Flag": Rule(),
        "Wait": Rule(form=Form.TEXT_DURATION),
        "Limit": Rule(significant=True),
        "Mode": Rule(default="default"),
        "Meta": Rule(is_map=True),
        "Nested": Rule({"Deep": Rule()}),
        "Exact": Rule(keyed=KeyedBy(("Name",), Foreign.REMOVE, shareable=True), each=ITEM),
        "Free": Rule(keyed=KeyedBy(("Name",), Foreign.KEEP), each=ITEM),
        "Index": Rule(server=True),
    }
)


def merged(
    declared: dict[str, Any], recorded: dict[str, Any] | None, live: dict[str, Any], **more: Any
) -> Any:
    return merge(
        RULE,
        canonical(RULE, declared, declared=True),
        None if recorded is None else canonical(RULE, recorded, declared=True),
        canonical(RULE, live, declared=False),
        **more,
    )


def test_a_declared_field_is_set() -> None:
    assert merged({"Mode": "a"}, {}, {"Mode": "b"}).target == {"Mode": "a"}


def test_a_recorded_field_that_is_no_longer_declared_goes() -> None:
    assert merged({}, {"Mode": "b"}, {"Mode": "b"}).target == {}


def test_a_foreign_field_stays_and_is_named() -> None:
    result = merged({"Mode": "a"}, {"Mode": "a"}, {"Mode": "a", "Nested": {"Deep": 1}})
    assert result.target == {"Mode": "a", "Nested": {"Deep": 1}}
    assert result.unmanaged == [("Nested",)]


def test_a_declared_false_wins_over_a_live_true() -> None:
    assert merged({"Flag": False}, None, {"Flag": True}).target == {"Flag": False}


def test_a_declared_zero_is_no_change_where_the_server_shows_nothing() -> None:
    live = {"Mode": "a"}
    assert merged({"Flag": False, "Mode": "a"}, None, live).target == live


def test_a_significant_zero_is_a_change() -> None:
    assert merged({"Limit": 0}, None, {}).target == {"Limit": 0}


def test_a_default_shown_by_the_server_is_as_good_as_nothing() -> None:
    assert merged({}, None, {"Mode": "default"}).unmanaged == []
    assert merged({"Mode": "default"}, None, {}).target == {}


def test_server_fields_are_never_seen() -> None:
    assert merged({}, None, {"Index": 7}).target == {}


def test_exact_lists_lose_what_nobody_declared() -> None:
    live = {"Exact": [{"Name": "web"}, {"Name": "intruder"}]}
    assert merged({"Exact": [{"Name": "web"}]}, None, live).target == {"Exact": [{"Name": "web"}]}


def test_a_shared_resource_keeps_foreign_items_of_shareable_lists() -> None:
    live = {"Exact": [{"Name": "intruder"}, {"Name": "web"}]}
    result = merged({"Exact": [{"Name": "web"}]}, None, live, shared=True)
    assert result.target == live
    assert result.unmanaged == [("Exact", "intruder")]


def test_shared_lists_keep_foreign_items_and_lose_our_former_ones() -> None:
    live = {"Free": [{"Name": "theirs"}, {"Name": "old"}, {"Name": "kept"}]}
    result = merged({"Free": [{"Name": "kept"}]}, {"Free": [{"Name": "old"}, {"Name": "kept"}]}, live)
    assert result.target == {"Free": [{"Name": "kept"}, {"Name": "theirs"}]}


def test_items_keep_foreign_fields() -> None:
    live = {"Exact": [{"Name": "web", "Action": "deny", "Note": "x"}]}
    target = merged({"Exact": [{"Name": "web", "Action": "allow"}]}, None, live).target
    assert target == {"Exact": [{"Name": "web", "Action": "allow", "Note": "x"}]}


def test_fields_of_one_group_exclude_each_other_even_a_foreign_live_one() -> None:
    live = {"Exact": [{"Name": "web", "Action": "allow"}]}
    target = merged({"Exact": [{"Name": "web", "Permissions": [1]}]}, None, live).target
    assert target == {"Exact": [{"Name": "web", "Permissions": [1]}]}


def test_fields_without_a_rule_survive() -> None:
    live = {"Newer": {"On": False}, "Mode": "a"}
    assert merged({"Mode": "b"}, None, live).target == {"Newer": {"On": False}, "Mode": "b"}


@pytest.mark.parametrize(("written", "shown"), [("90s", "1m30s"), ("1500ms", "1.5s"), ("60m", "1h0m0s")])
def test_durations_are_equal_in_any_spelling(written: str, shown: str) -> None:
    assert merged({"Wait": written}, None, {"Wait": shown}).target == {"Wait": shown}


def test_map_entries_count_even_when_empty() -> None:
    assert merged({"Meta": {"a": ""}}, None, {}).target == {"Meta": {"a": ""}}


def test_numbers_written_as_text_are_no_change() -> None:
    assert merged({"Meta": {"a": 1}}, None, {"Meta": {"a": "1"}}).target == {"Meta": {"a": "1"}}


def test_what_is_left_of_a_shared_object_is_what_others_own() -> None:
    mine, live = {"Free": [{"Name": "a"}]}, {"Free": [{"Name": "a"}, {"Name": "b"}], "Mode": "x"}
    assert remainder(RULE, "Free", mine, live, shared=False) == {"Free": [{"Name": "b"}], "Mode": "x"}


def test_nothing_is_left_where_only_ours_was() -> None:
    assert remainder(RULE, "Free", {"Free": [{"Name": "a"}]}, {"Free": [{"Name": "a"}]}, shared=False) is None


def test_our_part_of_a_live_body() -> None:
    live = {"Free": [{"Name": "a", "Action": "deny"}, {"Name": "b"}], "Mode": "x"}
    mine = {"Free": [{"Name": "a", "Action": "allow"}]}
    assert project(RULE, mine, live) == {"Free": [{"Name": "a", "Action": "deny"}]}


def test_an_added_item_is_one_change_under_its_key() -> None:
    before, after = {"Free": [{"Name": "b"}]}, {"Free": [{"Name": "a"}, {"Name": "b"}]}
    (change,) = diff(RULE, before, after)
    assert (change.path, change.op, change.new) == (("Free", "a"), Op.ADD, {"Name": "a"})


def test_a_changed_leaf_is_named_by_its_path() -> None:
    before, after = {"Free": [{"Name": "a", "Action": "x"}]}, {"Free": [{"Name": "a", "Action": "y"}]}
    (change,) = diff(RULE, before, after)
    assert (change.path, change.old, change.new) == (("Free", "a", "Action"), "x", "y")


def test_a_declared_structure_of_zeros_is_as_good_as_none() -> None:
    assert merged({"Nested": {"Deep": False}}, None, {}).target == {}


def test_a_declared_structure_of_zeros_wins_over_a_live_value() -> None:
    assert merged({"Nested": {"Deep": False}}, None, {"Nested": {"Deep": True}}).target == {
        "Nested": {"Deep": False}
    }


def test_a_recorded_entry_of_a_map_goes_even_when_it_is_empty() -> None:
    recorded, live = {"Meta": {"old": {}}}, {"Meta": {"old": {}, "theirs": {}}}
    result = merged({"Meta": {"new": {}}}, recorded, live)
    assert result.target == {"Meta": {"theirs": {}, "new": {}}}


def test_an_empty_map_is_as_good_as_none() -> None:
    assert merged({"Meta": {}}, None, {}).target == {}


def test_a_new_empty_entry_beside_others_of_a_map_is_added() -> None:
    assert merged({"Meta": {"a": "1", "b": ""}}, None, {"Meta": {"a": "1"}}).target == {
        "Meta": {"a": "1", "b": ""}
    }


WEAK = Rule(
    {
        "On": Rule(form=Form.FLAG),
        "Count": Rule(form=Form.NUMBER),
        "Limit": Rule(form=Form.NATURAL),
        "Text": Rule(form=Form.WEAK_TEXT),
        "Weight": Rule(form=Form.CENTI),
        "Names": Rule(each=Rule(form=Form.WEAK_TEXT)),
        "One": Rule({"Name": Rule(form=Form.WEAK_TEXT)}),
        "Many": Rule(each=Rule({"Name": Rule(form=Form.WEAK_TEXT), "Kind": Rule(default="plain")})),
        "Any": Rule(opaque=True),
        "Raw": Rule(form=Form.BYTES),
    }
)


@each(
    ("declared", "live"),
    [
        ({"On": "true", "Count": "3", "Limit": -1}, {"On": True, "Count": 3}),
        ({"On": "false", "Count": "0", "Limit": "-7"}, {}),
        ({"On": 1, "Count": True}, {"On": True, "Count": 1}),
        ({"Text": 3.0, "Names": "a"}, {"Text": "3", "Names": ["a"]}),
        ({"Text": True, "Names": [1, 2]}, {"Text": "1", "Names": ["1", "2"]}),
        ({"One": [{"Name": "a"}], "Many": {"Name": "b"}}, {"One": {"Name": "a"}, "Many": [{"Name": "b"}]}),
        ({"Weight": 50.005}, {"Weight": 50.01}),
        ({"Weight": "33.333"}, {"Weight": 33.33}),
        ({"Weight": 0.004}, {}),
        ({"Many": [{"Name": "a"}]}, {"Many": [{"Name": "a", "Kind": "plain"}]}),
        ({"Many": [{"Name": "a", "Kind": "plain"}]}, {"Many": [{"Name": "a", "Kind": "plain"}]}),
        ({"Any": {"a": 1}}, {"Any": {"a": 1.0}}),
        ({"Raw": "AQID"}, {"Raw": "QVFJRA=="}),
    ],
)
def test_what_a_server_decodes_weakly_is_no_difference(declared: Any, live: Any) -> None:
    wanted = canonical(WEAK, declared, declared=True)
    shown = canonical(WEAK, live, declared=False)
    merged = merge(WEAK, wanted, None, shown)
    assert merged.target == shown
    assert merged.unmanaged == []


@pytest.mark.parametrize(
    ("declared", "live"),
    [
        ({"Any": {"a": "1"}}, {"Any": {"a": 1}}),
        ({"Any": {"a": {"b": 0}}}, {"Any": {"a": {}}}),
        ({"Any": {"a": True}}, {"Any": {"a": 1}}),
        ({"Text": "0"}, {}),
        ({"Text": "false"}, {}),
    ],
)
def test_what_only_looks_alike_is_a_difference(declared: Any, live: Any) -> None:
    wanted = canonical(WEAK, declared, declared=True)
    shown = canonical(WEAK, live, declared=False)
    assert merge(WEAK, wanted, None, shown).target != shown


def test_what_is_written_back_has_the_defaults_that_the_server_showed() -> None:
    live = {"Text": "old", "Many": [{"Name": "a", "Kind": "plain"}]}
    shown = canonical(WEAK, live, declared=False)
    wanted = canonical(WEAK, {"Text": "new", "Many": [{"Name": "a"}]}, declared=True)
    assert merge(WEAK, wanted, None, shown).target == live | {"Text": "new"}


def test_a_change_in_a_list_shows_no_defaults_and_no_zeros() -> None:
    shown = canonical(WEAK, {"Many": [{"Name": "a", "Kind": "plain"}]}, declared=False)
    wanted = canonical(WEAK, {"Many": [{"Name": "b", "Extra": 0}]}, declared=True)
    target = merge(WEAK, wanted, None, shown).target
    names = [item for item in diff(WEAK, shown, target) if item.path[-1] == "Name"]
    assert [(item.old, item.new) for item in names] == [("a", "b")]


@pytest.mark.parametrize("fields", [("Name", "Peer"), ()], ids=["items with a key", "texts"])
def test_a_keyed_list_is_the_same_in_any_order(fields: tuple[str, ...]) -> None:
    """Also where items have the first part of their key in common, and an unset part counts as none."""
    rule = Rule({"List": Rule(keyed=KeyedBy(fields), each=Rule({"Name": Rule(), "Peer": Rule()}))})
    web = [
        {"Name": "web", "Peer": "dc2"},
        {"Name": "web", "Peer": ""},
        {"Name": "api"},
        {"Name": "web", "Peer": "dc1"},
    ]
    items: list[Any] = web if fields else ["b", "c", "a"]
    forms = [canonical(rule, {"List": list(one)}, declared=True) for one in permutations(items)]
    assert all(form == forms[0] for form in forms)
    assert len(forms[0]["List"]) == len(items)
