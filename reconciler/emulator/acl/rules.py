"""ACL rules: the words of their language, merging policies, answering what a token may do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

SCALARS = ("acl", "operator", "keyring", "mesh", "peering")
NAMED = ("service", "node", "agent", "key", "session", "event", "query")
ACCESS = {"deny": 0, "read": 1, "list": 2, "write": 3}
TOKEN = re.compile(r'\s+|#[^\n]*|//[^\n]*|/\*.*?\*/|("(?:[^"\\]|\\.)*")|([A-Za-z_][\w-]*)|([={},])', re.S)
Rule = dict[str, str]
Rules = dict[str, dict[str, Rule]]


class RuleError(ValueError):
    """Rules text that cannot be read."""


def tokens_of(text: str) -> list[str]:
    """Return the words and marks of rules in HCL."""
    out, position = [], 0
    while position < len(text):
        found = TOKEN.match(text, position)
        if found is None:
            raise RuleError(f"Failed to parse ACL rules: unexpected {text[position]!r}")
        position = found.end()
        if found.lastgroup is None and found.lastindex:
            out.append(found.group(found.lastindex))
    return out


def quoted(tokens: list[str]) -> str:
    """Take a quoted text from the front."""
    if not tokens or not tokens[0].startswith('"'):
        raise RuleError("Failed to parse ACL rules: expected a quoted text")
    value: str = json.loads(tokens.pop(0))
    return value


def block(tokens: list[str]) -> Rule:
    """Take the settings of one rule, in braces, from the front."""
    if not tokens or tokens.pop(0) != "{":
        raise RuleError("Failed to parse ACL rules: expected '{'")
    rule: Rule = {}
    while tokens and tokens[0] != "}":
        key = tokens.pop(0)
        if key == ",":
            continue
        if not tokens or tokens.pop(0) != "=":
            raise RuleError("Failed to parse ACL rules: expected '='")
        rule[key] = quoted(tokens)
    if not tokens:
        raise RuleError("Failed to parse ACL rules: object expected closing RBRACE got: EOF")
    tokens.pop(0)
    return rule


def put_rule(rules: Rules, resource: str, name: str, rule: Rule) -> None:
    """Take one rule in; RuleError for one that Consul refuses. What it does not know it does not look at."""
    base = resource.removesuffix("_prefix")
    if resource not in SCALARS and base not in NAMED:
        return
    for key in ("policy", "intentions"):
        if rule.get(key, "deny") not in ACCESS:
            raise RuleError(f"Invalid {resource} policy: {rule!r}")
    rules.setdefault(resource, {})[name] = rule


def merge(sources: Iterable[Rules]) -> Rules:
    """Return the union of several policies; for one rule name deny wins over write over read."""
    merged: Rules = {}
    for rules in sources:
        for resource, named in rules.items():
            for name, rule in named.items():
                mine = merged.setdefault(resource, {}).setdefault(name, {})
                for key, value in rule.items():
                    mine[key] = _stronger(mine.get(key), value)
    return merged


def _stronger(one: str | None, other: str) -> str:
    if one is None or other == "deny":
        return other
    return one if one == "deny" or ACCESS[one] >= ACCESS[other] else other


class Authorizer:
    """What one token may do. `shown_as` is whom refusals name ("" is the anonymous token).

    `everything` is the management token (or ACLs switched off). `otherwise` says what counts where no rule
    speaks of a resource: the default policy is allow.
    """

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        accessor: str = "",
        shown_as: str = "",
        everything: bool = False,
        otherwise: bool = False,
    ) -> None:
        self.otherwise = otherwise
        self.rules = rules or {}
        self.accessor = accessor
        self.shown_as = shown_as or accessor
        self.everything = everything

    def allows(self, resource: str, access: str, name: str = "") -> bool:
        """Say whether the token has `access` (read or write) to a resource."""
        if self.everything:
            return True
        if resource == "intention":
            return self._intention(access, name)
        if resource in SCALARS:
            return self._scalar(resource, access)
        rule = self._rule(resource, name)
        return self.otherwise if rule is None else _enough(rule.get("policy", "deny"), access)

    def _scalar(self, resource: str, access: str) -> bool:
        rule = self.rules.get(resource, {}).get("")
        if rule is None and resource in ("mesh", "peering"):
            rule = self.rules.get("operator", {}).get("")
        if rule is None:
            return self.otherwise and resource != "acl"
        return _enough(rule["policy"], access)

    def _rule(self, resource: str, name: str) -> Rule | None:
        exact = self.rules.get(resource, {}).get(name)
        return exact if exact is not None else self._longest(resource, name)

    def _longest(self, resource: str, name: str) -> Rule | None:
        prefixes = self.rules.get(f"{resource}_prefix", {})
        fitting = [prefix for prefix in prefixes if name.startswith(prefix)]
        return prefixes[max(fitting, key=len)] if fitting else None

    def _intention(self, access: str, name: str) -> bool:
        if name == "*" and access == "write":
            rules = [*self.rules.get("service", {}).values(), *self.rules.get("service_prefix", {}).values()]
            covered = self.otherwise or "" in self.rules.get("service_prefix", {})
            return covered and all(_enough(_intentions(rule), "write") for rule in rules)
        if name == "*":
            return self.any_of("service", "read")
        rule = self._rule("service", name)
        return self.otherwise if rule is None else _enough(_intentions(rule), access)

    def allows_below(self, resource: str, prefix: str) -> bool:
        """Say whether the token may write every name that starts with `prefix`."""
        if self.everything:
            return True
        over = self._longest(resource, prefix)
        exact, prefixes = (self.rules.get(table, {}) for table in (resource, f"{resource}_prefix"))
        below = [
            rule for table in (exact, prefixes) for name, rule in table.items() if name.startswith(prefix)
        ]
        above = [over] if over is not None else []
        return (bool(above) or self.otherwise) and all(
            _enough(rule.get("policy", "deny"), "write") for rule in (*above, *below)
        )

    def any_of(self, resource: str, access: str) -> bool:
        """Say whether any rule of the resource gives `access`."""
        if self.everything:
            return True
        named = [*self.rules.get(resource, {}).values(), *self.rules.get(f"{resource}_prefix", {}).values()]
        return self.otherwise or any(_enough(rule.get("policy", "deny"), access) for rule in named)

    def all_of(self, resource: str, access: str) -> bool:
        """Say whether the token has `access` to every name of the resource."""
        if self.everything:
            return True
        named = [*self.rules.get(resource, {}).values(), *self.rules.get(f"{resource}_prefix", {}).values()]
        covered = self.otherwise or "" in self.rules.get(f"{resource}_prefix", {})
        return covered and all(_enough(rule.get("policy", "deny"), access) for rule in named)


def _intentions(rule: Rule) -> str:
    if rule.get("intentions"):
        return rule["intentions"]
    return "read" if rule.get("policy") in ("read", "write") else "deny"


def _enough(given: str, wanted: str) -> bool:
    return ACCESS[given] >= ACCESS[wanted] and given != "deny"
