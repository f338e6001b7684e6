"""Numbers as servers hold them: 64-bit floats in opaque maps, Go's digits in texts."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.forms import WRITERS
from reconciler.engine.bodies.merge import merge
from reconciler.sdk.kinds import Form
from reconciler_consul.kinds.all import KINDS
from tests.support.tables import each

PROXY_DEFAULTS = KINDS["proxy_defaults"].rule


@pytest.mark.parametrize(
    ("declared", "stored"),
    [
        (9007199254740993, 9007199254740992),
        (9223372036854775807, 9223372036854776000),
        (-9007199254740995, -9007199254740996),
        ([12345678901234567, 1], [12345678901234568, 1]),
        ({"a": [{"b": 9007199254740993}, "x"]}, {"a": [{"b": 9007199254740992}, "x"]}),
        (1e22, 1e22),
    ],
)
def test_numbers_in_opaque_maps_converge(declared: Any, stored: Any) -> None:
    want = canonical(PROXY_DEFAULTS, {"Config": {"n": declared}}, declared=True)
    live = canonical(PROXY_DEFAULTS, {"Config": {"n": stored}}, declared=False)

    assert merge(PROXY_DEFAULTS, want, want, live).target == live
    assert want == live


def test_what_floats_tell_apart_stays_a_difference() -> None:
    want = canonical(PROXY_DEFAULTS, {"Config": {"n": 9007199254740991}}, declared=True)
    assert want != canonical(PROXY_DEFAULTS, {"Config": {"n": 9007199254740990}}, declared=False)


@each(
    ("number", "text"),  # as stored in a Meta by 1.20
    [
        (9007199254740993, "9007199254740992"),
        (9223372036854775807, "9223372036854776000"),
        (1e21, "1" + 21 * "0"),
        (1e308, "1" + 308 * "0"),
        (1.5e-7, "0.00000015"),
        (0.1, "0.1"),
        (123456789.125, "123456789.125"),
        (1e5, "100000"),
        (-0.0, "-0"),
        (3, "3"),
        (True, "1"),
    ],
)
def test_a_number_in_place_of_a_text_is_written_as_go_does(number: Any, text: str) -> None:
    assert WRITERS[Form.WEAK_TEXT](number) == text


@each(
    ("text", "number"),  # as stored in MaxInboundConnections by 1.20
    [
        ("017", 15),
        ("0_17", 15),
        ("-017", -15),
        ("0o17", 15),
        ("0O17", 15),
        ("00", 0),
        ("0b11", 3),
        ("0X1f", 31),
        ("0x_10", 16),
        ("1_0_0", 100),
        ("+5", 5),
        ("-0", 0),
        ("", 0),
    ],
)
def test_a_text_in_place_of_a_number_is_read_as_go_does(text: str, number: int) -> None:
    assert WRITERS[Form.NUMBER](text) == number


@each("text", ["08", " 5", "5\n", "5.", "1e2", "_1", "1_", "0_", "1__0", "٣"])
def test_a_text_that_servers_refuse_as_a_number_stays_as_it_is(text: str) -> None:
    assert WRITERS[Form.NUMBER](text) == text


@each("form", list(WRITERS))
@each("odd", ["nan", "inf", "1e999", "", "x", float("inf"), float("nan"), 2**62, -1])
def test_an_odd_value_is_written_and_what_is_written_is_written_so_again(form: Form, odd: Any) -> None:
    written = WRITERS[form](odd)
    assert repr(WRITERS[form](written)) == repr(written)


@pytest.mark.parametrize("form", list(WRITERS))
def test_a_number_beyond_what_a_server_reads_is_written_too(form: Form) -> None:
    assert isinstance(WRITERS[form](10**400), int | str)
