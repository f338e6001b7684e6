"""The JSON Schema of snapshot files is what readers check: `jsonschema` and they agree."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.sdk.access.form import check_world, snapshot_schema
from tests.support.tables import each

ROOT = Path(__file__).parents[3]
WORLD: dict[str, Any] = {
    "format": "reconciler-snapshot/1",
    "clusters": {
        "dc1": {
            "version": "1.20.0",
            "edition": "community",
            "default_intention": "deny",
            "gateway": True,
            "gateways": {"instances": 1},
            "services": [{"name": "api", "instances": 2, "healthy": False, "subsets": {"v1": 1}}],
            "config_entries": [{"Kind": "mesh"}],
            "unknown": {"peerings": "the token may not read them"},
            "ports": {"http": 8500},
        }
    },
    "peerings": [
        {"acceptor": "dc1", "dialer": "dc2", "state_at_dialer": "ACTIVE", "exported_at_acceptor": ["api"]}
    ],
}


def valid(world: Any) -> bool:
    return jsonschema.Draft202012Validator(snapshot_schema()).is_valid(world)


def taken(world: Any) -> bool:
    try:
        check_world(world)
    except ValueError:
        return False
    return True


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value of the world."""
    yield path
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in members:
        yield from places(item, (*path, key))


def altered(path: tuple[Any, ...], value: Any) -> Any:
    """Return the world with another value at a place."""
    if not path:
        return value
    world = copy.deepcopy(WORLD)
    inner: Any = world
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return world


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(snapshot_schema())
    assert valid(WORLD)
    assert taken(WORLD)


@each("value", [None, [], {}, [3], {"a": 3}, "text", 3, 1.5, False], ids=repr)
@each("path", list(places(WORLD)), ids=str)
def test_readers_take_what_the_schema_allows(path: tuple[Any, ...], value: Any) -> None:
    world = altered(path, value)
    assert taken(world) == valid(world)


def test_keys_that_are_not_known_are_ignored() -> None:
    assert taken({**WORLD, "more": 1})


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (ROOT / "tests/recorded/data").glob("*dataplane*.jsonl"))
)
def test_what_was_recorded_of_real_traffic_is_of_this_form(name: str) -> None:
    lines = (ROOT / "tests/recorded/data" / name).read_text().splitlines()
    worlds = [found for found in map(json.loads, lines) if "clusters" in found]
    assert worlds
    assert all(valid(world) for world in worlds)
    for world in worlds:
        check_world(world)


def keys(schema: Any) -> set[str]:
    """Return the names of all members that a schema has."""
    own = set(schema.get("properties", ()))
    parts = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return own.union(*(keys(part) for part in parts if isinstance(part, dict)))


def test_the_page_explains_the_keys_of_the_schema() -> None:
    page = (ROOT / "docs" / "snapshot.md").read_text()
    named = set(re.findall(r"`([A-Za-z_]+)(?:: \w+)?`", page))
    found = keys(snapshot_schema()) - {"Kind", "Name", "named_services_run"}
    ends = {re.sub(r"_at_(acceptor|dialer)$", "", name) for name in found}
    explained = {
        re.sub(r"_at_(acceptor|dialer|…)$", "", name)
        for name in named | set(re.findall(r"`([a-z_]+)_at_…`", page))
    }
    assert ends - explained == set()
