"""What is sensitive is veiled in declared, recorded and live bodies alike, by its place."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.diff import diff
from reconciler.engine.bodies.same import same
from reconciler.engine.bodies.veiling import marks_at, marks_of, unveil, veil, veil_like
from reconciler.engine.deciding.case import Case
from reconciler.engine.deciding.covering import covered, uncovered
from reconciler.engine.deciding.decide import decide
from reconciler.engine.deciding.drifting import decide_refresh
from reconciler.model.change import Action, Change, Drift, Op
from reconciler.model.desired import Resource
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import KeyedBy, Kind, Rule
from reconciler.sdk.provider import Present
from reconciler.sdk.secrets.secret import MASK
from reconciler.sdk.secrets.sensitive import Seal, Sensitive, has_sensitive, masked, sealed, unsealed
from tests.support.tables import each

SEAL = Seal("5" * 64)
AT = Address("thing", "dc1", "a")
_ITEM = Rule(fields={"Name": Rule(), "Note": Rule()}, aliases={"note": "Note"})
RULE = Rule(
    fields={
        "Key": Rule(sensitive=lambda value: not str(value).startswith("/")),
        "Config": Rule(opaque=True, unwraps=True),
        "Meta": Rule(is_map=True, each=Rule()),
        "Items": Rule(each=_ITEM, keyed=KeyedBy(("Name",))),
        "Steps": Rule(each=_ITEM),
    },
    aliases={"key": "Key"},
)
KIND = Kind("thing", 1, RULE)


def recorded(body: dict[str, Any]) -> Recorded:
    """A record as a state gives it back: with digests in place of what was sensitive."""
    return Recorded(
        AT, unsealed(sealed(canonical(RULE, body, declared=True), SEAL), SEAL), "memory", version=1
    )


def case(
    declared: dict[str, Any] | None, was: dict[str, Any] | None, live: dict[str, Any], *paths: Any
) -> Case:
    resource = Resource(AT, declared, "memory", sensitive=paths) if declared is not None else None
    return covered(Case(AT, KIND, resource, recorded(was) if was is not None else None, Present(live, 2)))


def decided(*given: Any) -> Change:
    found = case(*given)
    change = uncovered(found, decide(found))
    assert isinstance(change, Change)
    return change


class TestPlaces:
    @pytest.mark.parametrize("spelling", ["Key", "key", "KEY"])
    def test_a_field_of_a_kind_in_any_spelling(self, spelling: str) -> None:
        assert masked(veil(RULE, {spelling: "secret"})) == {spelling: MASK}

    def test_a_public_value_of_such_a_field_is_shown(self) -> None:
        assert veil(RULE, {"Key": "/etc/key.pem"}) == {"Key": "/etc/key.pem"}
        assert not has_sensitive(veil(RULE, {"Key": "/etc/key.pem"}))

    @pytest.mark.parametrize(
        ("path", "body", "shown"),
        [
            (("Meta", "a"), {"Meta": {"a": "x", "b": "x"}}, {"Meta": {"a": MASK, "b": "x"}}),
            (("Meta",), {"Meta": {"a": "x", "b": "y"}}, {"Meta": {"a": MASK, "b": MASK}}),
            (("Config", "i", "k"), {"Config": {"i": {"k": 1}, "k": 1}},
             {"Config": {"i": {"k": MASK}, "k": 1}}),
            (("Config",), {"Config": {"a": 1}}, {"Config": MASK}),
            (("Steps", 0, "Note"), {"Steps": [{"Note": "a"}, {"Note": "b"}]},
             {"Steps": [{"Note": MASK}, {"Note": "b"}]}),
            (("Steps", "*", "Note"), {"Steps": [{"Note": "a"}]}, {"Steps": [{"Note": MASK}]}),
            (("Steps", "note"), {"Steps": [{"Note": "a"}]}, {"Steps": [{"Note": MASK}]}),
            (("Items", "a", "Note"), {"Items": [{"Name": "a", "Note": "x"}, {"Name": "b", "Note": "x"}]},
             {"Items": [{"Name": "a", "Note": MASK}, {"Name": "b", "Note": "x"}]}),
            (("Items",), {"Items": [{"Name": "a", "Note": "x"}]}, {"Items": [{"Name": "a", "Note": MASK}]}),
        ],
    )  # fmt: skip
    def test_a_path_of_the_configuration(self, path: Any, body: Any, shown: Any) -> None:
        assert masked(veil(RULE, body, marks_at(RULE, path))) == shown

    def test_an_empty_value_says_nothing_and_stays(self) -> None:
        body = {"Key": "", "Meta": {"a": ""}}
        assert veil(RULE, body, marks_at(RULE, ("Meta", "a"))) == body

    @each("live", [{"k": "old"}, {"k": ["old"]}, {"k": {"x": "old"}}, {"k": ["old", "er"]}])
    @each("new", [Sensitive("new"), [Sensitive("new")], {"x": Sensitive("new")}])
    def test_another_shape_at_a_sensitive_place_is_not_shown_either(self, live: Any, new: Any) -> None:
        shown = veil_like(RULE, {"Config": live}, {"Config": {"k": new}})
        text = str(masked(shown))
        assert MASK in text
        assert "old" not in text

    def test_what_nothing_calls_sensitive_any_longer_is_plain_again(self) -> None:
        body = {"Meta": {"a": Sensitive("x"), "b": Sensitive("y")}}
        assert masked(unveil(RULE, body, marks_at(RULE, ("Meta", "b")))) == {"Meta": {"a": "x", "b": MASK}}
        assert marks_of(RULE, body) == {"Meta": {"a": {("here",): {}}, "b": {("here",): {}}}}


class TestDecisions:
    def test_an_equal_digest_is_no_change(self) -> None:
        change = decided({"Key": "k"}, {"Key": Sensitive("k")}, {"Key": "k"})
        assert (change.action, change.drift) == (Action.NO_OP, Drift())

    def test_a_changed_value_is_a_change_without_either_value(self) -> None:
        change = decided({"Key": "new"}, {"Key": Sensitive("old")}, {"Key": "old"})
        assert change.action is Action.UPDATE
        (field,) = change.fields
        assert (field.path, field.op, str(field.old), str(field.new)) == (("Key",), Op.CHANGE, MASK, MASK)
        assert not change.drift
        assert change.after is not None
        assert change.after["Key"].reveal() == "new"

    def test_a_value_changed_outside_is_drift_against_the_digest(self) -> None:
        change = decided({"Key": "k"}, {"Key": Sensitive("k")}, {"Key": "by hand"})
        assert [item.path for item in change.drift.fields] == [("Key",)]
        assert change.action is Action.UPDATE
        assert "by hand" not in repr(change)

    def test_a_mark_covers_what_is_live_and_was_plain_before(self) -> None:
        change = decided({"Meta": {"a": Sensitive("new")}}, {"Meta": {"a": "was"}}, {"Meta": {"a": "was"}})
        assert "was" not in repr(change.fields) + repr(change.before)

    def test_a_mark_that_went_covers_the_plan_and_not_the_record(self) -> None:
        change = decided({"Meta": {"a": "v"}}, {"Meta": {"a": Sensitive("v")}}, {"Meta": {"a": "v"}})
        assert change.action is Action.NO_OP
        assert masked(change.before) == {"Meta": {"a": MASK}}
        assert change.owned == {"Meta": {"a": "v"}}
        assert not has_sensitive(change.owned)

    def test_a_field_that_only_the_server_has_is_covered_where_a_path_names_it(self) -> None:
        change = decided({"Meta": {"b": "1"}}, None, {"Meta": {"a": "theirs", "b": "2"}}, ("Meta", "a"))
        assert "theirs" not in repr(change)

    def test_what_is_removed_is_covered_by_its_record(self) -> None:
        change = decided({}, {"Meta": {"a": Sensitive("gone")}}, {"Meta": {"a": "gone"}})
        assert change.action is Action.UPDATE
        assert "gone" not in repr(change)

    def test_drift_takes_over_the_live_value_unseen(self) -> None:
        found = case(None, {"Key": Sensitive("k")}, {"Key": "by hand"})
        change = uncovered(found, decide_refresh(found))
        assert isinstance(change, Change)
        assert change.owned is not None
        assert change.owned["Key"].stands_for("by hand")
        assert "by hand" not in repr(change)


@pytest.mark.parametrize("value", [0, False, "", [], {}])
def test_an_unset_value_is_as_good_as_absent_also_where_it_is_hidden(value: Any) -> None:
    assert same(Rule(), Sensitive(value), None)
    assert same(Rule(), unsealed(sealed(Sensitive(value), SEAL), SEAL), None)
    assert not same(Rule(), Sensitive("x"), None)


def test_a_difference_inside_a_list_is_found_and_hidden() -> None:
    old, new = (
        {"Steps": [{"Note": Sensitive("a")}, {"Note": "b"}]},
        {"Steps": [{"Note": Sensitive("c")}, {"Note": "b"}]},
    )
    (field,) = diff(RULE, old, new)
    assert (field.path, str(field.old), str(field.new)) == (("Steps", 0, "Note"), MASK, MASK)
    assert diff(RULE, old, {"Steps": [{"Note": Sensitive("a")}, {"Note": "b"}]}) == ()
