"""One HTTP request, as options describe it."""

from __future__ import annotations

import pytest

from reconciler.cli.options.requests import request_of
from reconciler.model.failure import Failure
from reconciler.sdk.access.question import ANOTHER, Request
from tests.support.tables import each


def test_without_a_header_those_of_a_part_of_a_request_are_not_known() -> None:
    assert request_of(None, None, ()) == Request()
    assert request_of("GET", None, ()) == Request("GET")
    assert request_of(None, "/v1", ()) == Request(None, "/v1")
    assert request_of("GET", "/v1", ()) == Request("GET", "/v1", {})


def test_usual_methods_are_sent_in_upper_case_as_clients_do_and_others_as_they_are() -> None:
    assert request_of("get", "/", ()).method == "GET"
    assert request_of("Purge", "/", ()).method == "Purge"


def test_names_of_headers_are_of_any_letter_case_and_several_of_one_name_are_kept() -> None:
    found = request_of("GET", "/", ["X-Team=a", "x-team= b ", "X-Empty=", "x-pair=a=b"]).headers
    assert found == {"x-team": f"a{ANOTHER}b", "x-empty": "", "x-pair": "a=b"}


@each(
    "row",
    [
        ("", "/", (), "not a method"),
        ("GE T", "/", (), "not a method"),
        ("GET", "", (), "a path begins with /"),
        ("GET", "v1", (), "a path begins with /"),
        ("GET", "http://api/v1", (), "a path begins with /"),
        ("GET", "/a b", (), "a path has no ' ' in it"),
        ("GET", "/a\n", (), "a path has no"),
        ("GET", "/", ("x",), "expected NAME=VALUE"),
        ("GET", "/", ("=x",), "expected NAME=VALUE"),
        ("GET", "/", ("x y=1",), "expected NAME=VALUE"),
        ("GET", "/", ("x: a=b",), "expected NAME=VALUE"),
        ("GET", "/", ("x=a\r\ny: b",), "a value has one line"),
    ],
    ids=str,
)
def test_what_no_request_has_is_an_error(row: tuple[str, str, tuple[str, ...], str]) -> None:
    method, path, headers, says = row
    with pytest.raises(Failure) as raised:
        request_of(method, path, headers)
    assert says in raised.value.summary
