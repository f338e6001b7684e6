"""Policies: reading their text, in HCL or JSON, and which of their rules count where.

Community Edition takes blocks of `partition` and `namespace` without a word, and nothing in them counts, nor
is it looked at (recorded, 1.13 to 1.22). Of Enterprise: rules count in the place that their policy is in.
Inside blocks of `partition`, `namespace` and their `_prefix` forms they count in the places that these name
(documented: docs/reference/acl/rule).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.acl.rules import RuleError, Rules, block, put_rule, quoted, tokens_of
from reconciler.emulator.core.store import DEFAULT

Place = tuple[str, str]  # partition, namespace
AROUND = ("partition", "partition_prefix", "namespace", "namespace_prefix")


@dataclass(frozen=True, slots=True)
class Around:
    """The blocks around a rule: what they are (`namespace`, …) and whom they name."""

    blocks: tuple[tuple[str, str], ...] = ()

    def within(self, what: str, name: str) -> Around:
        """Return what is around the rules of one more block."""
        return Around((*self.blocks, (what, name)))

    def covers(self, home: Place, here: Place) -> bool:
        """Say whether rules in a policy of `home`, inside these blocks, count in `here`."""
        partition, namespace = _names(self.blocks, "partition"), _names(self.blocks, "namespace")
        if not partition and not namespace:
            return home == here
        if not partition and here[0] != home[0]:
            return False
        wanted = namespace or (("namespace", DEFAULT),)
        return all(_fits(*one, here[0]) for one in partition) and all(_fits(*one, here[1]) for one in wanted)


def _names(blocks: tuple[tuple[str, str], ...], what: str) -> tuple[tuple[str, str], ...]:
    return tuple(one for one in blocks if one[0].startswith(what))


def _fits(what: str, name: str, given: str) -> bool:
    return given.startswith(name) if what.endswith("_prefix") else given == name


def own_rules(text: str) -> Rules:
    """Return the rules of a policy of Community Edition; RuleError where it cannot be read."""
    rules: Rules = {}
    for around, resource, name, rule in _all(text.strip()):
        if not around.blocks:
            put_rule(rules, resource, name, rule)
    return rules


def rules_at(text: str, home: Place, here: Place) -> Rules:
    """Return the rules of a policy of `home` that count in `here`; RuleError where it cannot be read."""
    rules: Rules = {}
    for around, resource, name, rule in _all(text.strip()):
        # Every rule is looked at, so that a policy is refused for any that is wrong.
        put_rule(rules if around.covers(home, here) else {}, resource, name, rule)
    return rules


Found = tuple[Around, str, str, dict[str, str]]


def _all(text: str) -> Iterator[Found]:
    if text.startswith("{"):
        yield from _of_json(json.loads(text), Around())
        return
    tokens = tokens_of(text)
    yield from _of_hcl(tokens, Around())
    if tokens:
        raise RuleError("Failed to parse ACL rules: unexpected '}'")


def _of_hcl(tokens: list[str], around: Around) -> Iterator[Found]:
    while tokens and tokens[0] != "}":
        resource = tokens.pop(0)
        if tokens and tokens[0] == "=":
            tokens.pop(0)
            yield around, resource, "", {"policy": quoted(tokens)}
        elif resource not in AROUND:
            yield around, resource, quoted(tokens), block(tokens)
        else:
            yield from _inside(tokens, around.within(resource, quoted(tokens)))


def _inside(tokens: list[str], around: Around) -> Iterator[Found]:
    if not tokens or tokens.pop(0) != "{":
        raise RuleError("Failed to parse ACL rules: expected '{'")
    yield from _of_hcl(tokens, around)
    if not tokens:
        raise RuleError("Failed to parse ACL rules: object expected closing RBRACE got: EOF")
    tokens.pop(0)


def _of_json(data: dict[str, Any], around: Around) -> Iterator[Found]:
    for resource, value in data.items():
        if isinstance(value, str):
            yield around, resource, "", {"policy": value}
            continue
        for name, inner in value.items():
            if resource in AROUND:
                yield from _of_json(inner, around.within(resource, name))
            else:
                yield around, resource, name, inner
