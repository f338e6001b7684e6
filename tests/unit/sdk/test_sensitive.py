"""A sensitive value: equal to what it stands for, shown by nothing, kept as a digest only."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from reconciler.sdk.secrets.secret import MASK
from reconciler.sdk.secrets.sensitive import Seal, Sensitive, marks, masked, revealed, sealed, unsealed
from tests.support.tables import each

SEAL, OTHER = Seal("a" * 64), Seal("b" * 64)
VALUES = ["text", "", 'ü\n"', 5, 2.5, True, False, ["a", 1], {"a": {"b": [1]}}]


def closed(value: Any, seal: Seal = SEAL) -> Sensitive:
    leaf = unsealed(sealed(Sensitive(value), seal), seal)
    assert isinstance(leaf, Sensitive)
    return leaf


@pytest.mark.parametrize("value", VALUES)
def test_it_is_equal_to_its_value_in_every_form(value: Any) -> None:
    forms = [value, Sensitive(value), closed(value)]
    assert all(one == other for one in forms[1:] for other in forms)
    assert all({"x": one} == {"x": other} for one in forms for other in forms)


@each("one", VALUES)
@each("other", VALUES)
def test_different_values_stay_different(one: Any, other: Any) -> None:
    if one != other or type(one) is not type(other):
        assert Sensitive(one) != Sensitive(other)
        assert closed(one) != Sensitive(other)
        assert closed(one) != closed(other)


@pytest.mark.parametrize("leaf", [Sensitive("s3cret"), closed("s3cret")])
def test_nothing_shows_it(leaf: Sensitive) -> None:
    shown = [str(leaf), repr(leaf), f"{leaf}", f"{leaf:>30}".strip(), repr({"a": [leaf]}), f"{[leaf]}"]
    assert all(MASK in text and "s3cret" not in text for text in shown)


@pytest.mark.parametrize("leaf", [Sensitive("s3cret"), closed("s3cret")])
@pytest.mark.parametrize("how", [pickle.dumps, json.dumps, lambda leaf: json.dumps({"a": leaf})])
def test_nothing_serialises_it(leaf: Sensitive, how: Any) -> None:
    with pytest.raises(TypeError):
        how(leaf)
    assert copy.deepcopy([leaf])[0] is leaf


def test_a_sealed_one_cannot_be_opened() -> None:
    with pytest.raises(TypeError):
        closed("s3cret").reveal()


def test_a_digest_is_worth_nothing_without_the_key() -> None:
    assert closed("s3cret", SEAL) != closed("s3cret", OTHER)
    leaked = unsealed(sealed(Sensitive("s3cret"), SEAL), None)
    assert leaked != "s3cret"
    assert leaked == closed("s3cret")
    assert "s3cret" not in json.dumps(sealed({"a": Sensitive("s3cret")}, None))


def test_bodies_are_shown_sent_and_marked() -> None:
    body = {"a": Sensitive("x"), "b": [{"c": Sensitive(1)}, {"d": 2}], "e": "y", "f": closed("z")}
    assert masked(body) == {"a": MASK, "b": [{"c": MASK}, {"d": 2}], "e": "y", "f": MASK}
    assert marks(body) == {"a": True, "b": [{"c": True}, {}], "f": True}
    assert revealed(body) == {"a": "x", "b": [{"c": 1}, {"d": 2}], "e": "y"}, "a digest is never sent"
    assert marks(None) is False
    assert marks({"a": 1}) == {}
