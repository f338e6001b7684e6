"""Consul's policy language: what is written differently and means the same is the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler_consul.kinds.policy_language import advice, label, parse, rule_for, text_of
from tests.support.tables import each

RULES = {'service "api"': {"policy": "write", "intentions": "read"}, "operator": "read"}


@pytest.mark.parametrize(
    "text",
    [
        'service "api" { policy = "write" intentions = "read" }\noperator = "read"',
        'operator="read" service "api"{intentions="read"\npolicy="write"}',
        '# a\nservice "api" {\n  // b\npolicy = "write"\nintentions = "read" /* c */ }\noperator = "read"\n',
        '"service" "api" { "policy" = "write", "intentions" = "read", }\n"operator" = "read"',
        'service api { policy = "write"\n intentions = "read" }\noperator = "read"',
        '{"service": {"api": {"policy": "write", "intentions": "read"}}, "operator": "read"}',
        '\n  {"operator": "read",\n "service": {"api": {"intentions": "read", "policy": "write"}}}\n',
    ],
)
def test_form_comments_and_order_mean_nothing(text: str) -> None:
    assert parse(text) == RULES


def test_blocks_of_enterprise_hold_rules() -> None:
    text = 'partition "p" { namespace_prefix "" { acl = "read" service_prefix "" { policy = "read" } } }'
    rules = '{"acl": "read", "service_prefix": {"": {"policy": "read"}}}'
    json = f'{{"partition": {{"p": {{"namespace_prefix": {{"": {rules}}}}}}}}}'
    inner = {"acl": "read", 'service_prefix ""': {"policy": "read"}}

    assert parse(text) == {'partition "p"': {'namespace_prefix ""': inner}}
    assert parse(json) == parse(text)


@each(
    "text",
    [
        'service "api" { policy = "write"',
        'service "api" { policy = "write" } }',
        'service "api" { policy = "read" } service "api" { policy = "write" }',
        'operator = "read"\noperator = "write"',
        '{"operator": "read", "operator": "write"}',
        '{"service": [{"api": {"policy": "read"}}]}',
        'key "x" { policy = <<E\nwrite\nE\n}',
        'key "${a}" { policy = "read" }',
        'service "api" policy = "read"',
        "operator = read",
        "operator",
        'service "a\nb" { policy = "read" }',
        "{" * 2000,
        'a "b" {' * 2000,
        "[1]",
        "{]",
    ],
)
def test_what_is_not_understood_stays_text(text: str) -> None:
    assert parse(f"  {text}\n") == text
    assert text_of(parse(text)) == text


def test_rules_are_left_as_they_are() -> None:
    assert parse(RULES) is RULES
    assert parse(None) is None
    assert parse("") == {}


_WORDS = st.sampled_from(["policy", "intentions", "operator", "acl", "mesh", "sentinel"])
_LABELLED = st.builds(label, st.sampled_from(["service", "key_prefix", "namespace"]), st.text(max_size=8))
_TEXT = st.text(max_size=8).filter(lambda text: "${" not in text)
_TREE: Any = st.recursive(
    st.dictionaries(_WORDS | _LABELLED, _TEXT, max_size=3),
    lambda inner: st.dictionaries(_WORDS | _LABELLED, inner | _TEXT, max_size=3),
    max_leaves=6,
)


@given(_TREE.filter(lambda tree: "${" not in str(tree)))
def test_text_of_rules_is_read_back_as_these_rules(rules: dict[str, Any]) -> None:
    assert parse(text_of(rules)) == rules


@pytest.mark.parametrize("text", ['""=""', '"a b" = "c"', '"a" "b" {}', '"a=" { "" = "x" }', '"\\n" = "1"'])
def test_odd_keys_are_read_back(text: str) -> None:
    assert parse(text_of(parse(text))) == parse(text)


@given(st.text(alphabet='ab"{}=,#/*\\\n ${[]}1', max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    again = parse(text_of(parse(text)))

    assert again == parse(text)


@pytest.mark.parametrize(
    ("permission", "rule"),
    [
        (("peering", "write", None), 'peering = "write"'),
        (("acl", "write", ""), 'acl = "write"'),
        (("service", "read", "web"), 'service "web" { policy = "read" }'),
        (("intention", "write", "web"), 'service "web" { policy = "read"  intentions = "write" }'),
        (("intention", "write", "*"), 'service_prefix "" { policy = "read"  intentions = "write" }'),
        (("intention", "read", "web"), 'service "web" { policy = "read" }'),
        (("node", "read", None), 'node_prefix "" { policy = "read" }'),
        (("service", "write", 'a"} acl = "write"'), 'service "a\\"} acl = \\"write\\"" { policy = "write" }'),
    ],
)
def test_a_permission_is_one_rule(permission: tuple[str, str, str | None], rule: str) -> None:
    assert rule_for(*permission) == rule
    assert isinstance(parse(rule), dict)


def test_advice_is_read_from_the_top() -> None:
    assert advice("dc1", ['mesh = "write"']).split("\n    ")[:2] == [
        "add to the policy of the token for dc1:",
        'mesh = "write"',
    ]
