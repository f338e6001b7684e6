"""Whatever is in the files, `load` returns, and every problem of a file says which."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.config.load import Loaded, load

_FAST = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

_TEXT = """
clusters groups peerings exports intentions failover redirects splits routes mesh proxy_defaults
service_defaults config_entries variables between hub spokes names meta targets match provider labels region
dc1 dc2 us api web@dc2 * *@* @ a@b@c from to action allow deny permissions http path_prefix sources address
Kind kind Name service-intentions exported-services service-resolver service-splitter service-router
service-defaults Sources Services Consumers Peer Failover Redirect Targets Splits Weight Routes Destination
${var.x} ${var.y} $${ ${ default type number list weight http://10.0.0.1:8500 é
"""
_KINDS = """
    service-intentions exported-services service-resolver service-splitter service-router service-defaults
    proxy-defaults mesh other
"""
_WORDS = st.sampled_from(["", " ", *_TEXT.split()])
_SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 10**25) | st.floats(allow_nan=False) | _WORDS | st.text()
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=5),
    max_leaves=30,
)
_BASE = {
    "clusters": {
        "dc1": {"address": "http://10.0.0.1:8500", "labels": {"region": "us"}},
        "dc2": {"address": "http://10.0.0.2:8500"},
    },
    "groups": {"us": {"region": "us"}},
    "peerings": [{"between": ["dc1", "dc2"]}],
}
_ENTRIES = st.lists(
    st.builds(
        lambda kind, rest: {**rest, "Kind": kind, "Name": rest.get("Name", "api")},
        st.sampled_from(_KINDS.split()),
        st.dictionaries(_WORDS, _VALUES, max_size=5),
    ),
    max_size=4,
)


def _load(data: bytes, more: bytes | None = None) -> Loaded:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "a.yaml").write_bytes(data)
        if more is not None:
            Path(directory, "b.yaml").write_bytes(more)
        return load(Path(directory), variables={"x": "1"})


def _check(loaded: Loaded) -> None:
    errors = [item for item in loaded.diagnostics if item.is_error]
    assert (loaded.desired is None) == bool(errors)
    for item in loaded.diagnostics:
        assert item.summary
        assert "\n" not in item.summary
        assert item.position is not None or item.code in ("unknown-variable", "bad-variable")
        if item.source is not None and item.position is not None:
            assert item.position.column <= len(item.source) + 1


@_FAST
@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    _check(_load(data))


@_FAST
@given(st.text(alphabet=st.sampled_from("abc01 \n\t-:?[]{},&*!|>'\"%@`#$.~<=\r\\\u2028é\x85"), max_size=80))
def test_random_yaml_text(text: str) -> None:
    _check(_load(text.encode()))


@pytest.mark.long
@_FAST
@given(st.dictionaries(_WORDS, _VALUES, max_size=6), st.dictionaries(_WORDS, _VALUES, max_size=3))
def test_random_values_under_known_words(value: dict[str, Any], other: dict[str, Any]) -> None:
    _check(_load(json.dumps(value).encode(), json.dumps(other).encode()))


@_FAST
@given(_ENTRIES, st.dictionaries(st.sampled_from(["dc1", "dc2", "us"]), _VALUES, max_size=3))
def test_random_entries_on_a_sound_configuration(
    entries: list[dict[str, Any]], intentions: dict[str, Any]
) -> None:
    value = {**_BASE, "config_entries": {"dc1": entries}, "intentions": intentions}
    _check(_load(json.dumps(value).encode()))


_SERVICE = st.sampled_from(["api", "web", "db", "*"])
_WHERE = st.sampled_from(["", "@dc1", "@dc2", "@us", "@*"])
_REF = st.builds(lambda service, where: service + where, _SERVICE, _WHERE)
_PER_CLUSTER = st.sampled_from(["dc1", "dc2", "us"])


def _section(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(_PER_CLUSTER, st.dictionaries(_SERVICE, value, max_size=3), max_size=2)


_SHORTHANDS = st.fixed_dictionaries(
    {
        "exports": _section(st.lists(_PER_CLUSTER, max_size=3)),
        "intentions": _section(
            st.lists(
                st.fixed_dictionaries({"from": _REF, "action": st.sampled_from(["allow", "deny"])}),
                max_size=4,
            )
        ),
        "failover": _section(st.lists(_REF, max_size=3)),
        "redirects": _section(_REF),
        "splits": _section(st.dictionaries(_REF, st.sampled_from([0, 10, 50, 90, 100]), max_size=3)),
        "routes": _section(st.lists(st.fixed_dictionaries({"to": _REF}), max_size=3)),
        "service_defaults": _section(st.just({"protocol": "http"})),
    }
)


@_FAST
@given(_SHORTHANDS)
def test_shorthands_of_sound_form_resolve_or_say_why(value: dict[str, Any]) -> None:
    loaded = _load(json.dumps({**_BASE, **value}).encode())
    _check(loaded)
    if loaded.desired is not None:
        _check_graph(loaded)


def _check_graph(loaded: Loaded) -> None:
    """Every reference is there, and an order exists."""
    from graphlib import TopologicalSorter

    assert loaded.desired is not None
    resources = loaded.desired.resources
    for address, resource in resources.items():
        assert address == resource.address
        assert set(resource.depends_on) <= set(resources)
        assert set(resource.required_by) <= set(resources)
        assert address.cluster in loaded.desired.clusters
    list(TopologicalSorter({a: r.depends_on for a, r in resources.items()}).static_order())
