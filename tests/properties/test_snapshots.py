"""Snapshots that others wrote, with anything anywhere: an error with its place, or answers; no crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.sdk.access.form import check_world
from reconciler.sdk.access.question import ANY_REQUEST, Request
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.worlds.given import given as read
from tests.recorded.truth import recorded

REQUEST = Request("GET", "/v1?t=1", {"x": "1"})
LINES = list({asked.line["group"]: asked.line for asked in recorded()}.values())
VALUES = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            -1,
            1.5,
            1e308,
            float("nan"),
            float("inf"),
            10**30,
            "",
            "x",
            "*",
            "api",
            "dc1",
        ),
        *(
            "deny",
            "http",
            "\0",
            "ü",
            "true",
            "50",
            [],
            {},
            [None],
            [[]],
            [{}],
            {"": None},
            {"*": {}},
            {"*": None},
        ),
        *(["api"], [1, 2], {"a": [1]}, {"Name": "api"}, [{"Name": "api", "Peer": "dc2"}], {"Name": {}}),
        *({"Service": "api"}, {"Peer": "dc1", "Service": "api"}, {"Targets": [{"Peer": "dc1"}]}),
    ]
)


@st.composite
def worlds(draw: st.DrawFn) -> Any:
    """A recorded world in which one, two or three values are others, or are left out."""
    line = draw(st.sampled_from(LINES))
    world: Any = copy.deepcopy({name: line[name] for name in ("clusters", "peerings")})
    for _ in range(draw(st.integers(1, 3))):
        found = places(world) or [("clusters",)]
        path = found[draw(st.integers(0, len(found) - 1))]
        _put(world, path, draw(VALUES), left_out=draw(st.booleans()) and draw(st.booleans()))
    return world


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of each value in a world."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    below = [one for key, item in members for one in places(item, (*path, key))]
    return [path, *below] if path else below


def _put(world: Any, path: tuple[Any, ...], value: Any, *, left_out: bool) -> None:
    for step in path[:-1]:
        world = world[step]
    if left_out and isinstance(world, dict):
        world.pop(path[-1], None)
    else:
        world[path[-1]] = copy.deepcopy(value)


def asked(world: Any) -> None:
    """Ask who can call whom, with a request and without; answers are JSON."""
    analysis = ConsulAnalysis(world)
    for request in (ANY_REQUEST, REQUEST):
        for answer in analysis.pairs(None, None, request):
            json.dumps([share.percent for share in answer.shares], allow_nan=False)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_some_files_are_an_error_with_its_place_or_are_answered(world: Any) -> None:
    judge(world)


@pytest.mark.long
@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_any_file_is_an_error_with_its_place_or_is_answered(world: Any) -> None:
    judge(world)


def judge(world: Any) -> None:
    """Read a world as a small file and as a large one, of which only the form is checked; ask both."""
    if refusal(check_world, world):
        return
    asked(world)
    if not refusal(read, world):
        asked(read(world))


def refusal(check: Callable[[Any], object], world: Any) -> str:
    """Return why a world is refused, which begins with the place; empty where it is not."""
    try:
        check(world)
    except ValueError as error:
        said = str(error)
    else:
        return ""
    assert said.startswith("$.")
    return said
