"""The policy language of Consul's ACLs: text to rules and back, so that policies compare rule by rule.

Rules are objects: `{'service "api"': {"policy": "read"}, "operator": "read"}`. Both forms of the language are
read, HCL and JSON. What this does not understand (heredocs, a rule given twice) stays text and is compared
as text: Consul stores policies verbatim and is the judge of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Rules = dict[str, Any]

WHOLE = ("acl", "keyring", "mesh", "operator", "peering")  # resources without names

_TOKEN = re.compile(
    r"""\s+ | \#[^\n]* | //[^\n]* | /\*.*?\*/
    | (?P<text>"(?:[^"\\\n]|\\.)*") | (?P<word>[A-Za-z_][A-Za-z0-9_-]*) | (?P<mark>[={},])""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r'[A-Za-z_][A-Za-z0-9_-]*( "(?:[^"\\\n]|\\.)*")?\Z')
_LABELLED = re.compile(
    r"(agent|event|identity|key|node|query|service|session)(_prefix)?\Z|namespace(_prefix)?\Z|partition(_prefix)?\Z"
)
_DEEPEST = 8  # partition > namespace > rule is three


class _NotUnderstood(Exception):
    """Text that is to be left as it is."""


def parse(value: Any) -> Any:
    """Return the rules in a policy's text; the text itself (without outer white space) where it is not
    understood.

    Anything but text is given back: it is rules already.

    >>> parse('service "api" { policy = "read" } # why')
    {'service "api"': {'policy': 'read'}}
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if "${" in text:  # HCL's interpolation has quotes inside quotes
        return text
    try:
        return _from_json(text) if text.startswith("{") else _from_hcl(text)
    except (_NotUnderstood, ValueError, RecursionError):
        return text


def label(resource: str, name: str | None) -> str:
    """Return the key of a rule: `service "api"`, `operator`."""
    return resource if name is None else f"{resource} {json.dumps(name, ensure_ascii=False)}"


def rule_for(resource: str, access: str, name: str | None) -> str:
    """Return the line of a policy that grants one permission, named as Consul's errors and authorizer name
    it.

    >>> rule_for("service", "write", "pricing")
    'service "pricing" { policy = "write" }'
    """
    if resource in WHOLE:
        return f'{resource} = "{access}"'
    if resource in ("intention", "intentions"):
        every = name in (None, "", "*")
        where = ("service_prefix", "") if every else ("service", str(name))
        return service_rule(*where, "read", intentions=access == "write")
    if not name:
        return f'{resource}_prefix "" {{ policy = "{access}" }}'
    return f'{label(resource, name)} {{ policy = "{access}" }}'


def advice(cluster: str, rules: Sequence[str]) -> str:
    """Return what to do about missing rules, as the hint of an error."""
    head = f"add to the policy of the token for {cluster}:"
    return "\n    ".join([head, *rules, f"(all that it takes: reconciler acl-policy --cluster {cluster})"])


def service_rule(resource: str, name: str, policy: str, *, intentions: bool) -> str:
    """Return a rule for services, with or without the permission to write their intentions.

    Consul refuses a rule without `policy`; one that reads services also reads intentions, and one that
    writes services grants no more than that on intentions.
    """
    more = '  intentions = "write"' if intentions else ""
    return f'{label(resource, name)} {{ policy = "{policy}"{more} }}'


def _from_hcl(text: str) -> Rules:
    tokens = list(_tokens(text))
    tokens.reverse()
    rules = _body(tokens, 0)
    if tokens:
        raise _NotUnderstood
    return rules


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _NotUnderstood
        position = found.end()
        if found.lastgroup == "text":
            yield "text", json.loads(found["text"], strict=False)
        elif found.lastgroup:
            yield found.lastgroup, found[0]


def _body(tokens: list[tuple[str, str]], depth: int) -> Rules:
    """Read rules up to the closing brace or the end; `tokens` are in reverse."""
    rules: Rules = {}
    while tokens and tokens[-1] != ("mark", "}"):
        key = _key(tokens)
        _put(rules, key, _value(tokens, depth))
        if tokens and tokens[-1] == ("mark", ","):
            tokens.pop()
    return rules


def _key(tokens: list[tuple[str, str]]) -> str:
    kind, resource = tokens.pop()
    if kind == "mark":
        raise _NotUnderstood
    if tokens and tokens[-1][0] != "mark":
        return label(resource, tokens.pop()[1])
    return resource


def _value(tokens: list[tuple[str, str]], depth: int) -> Any:
    if tokens and tokens[-1] == ("mark", "="):
        tokens.pop()
        if tokens and tokens[-1][0] == "text":
            return tokens.pop()[1]
    if depth >= _DEEPEST or not tokens or tokens.pop() != ("mark", "{"):
        raise _NotUnderstood
    inner = _body(tokens, depth + 1)
    if not tokens:
        raise _NotUnderstood
    tokens.pop()
    return inner


def _put(rules: Rules, key: str, value: Any) -> None:
    # Which of two equal rules wins is Consul's business.
    if key in rules:
        raise _NotUnderstood
    rules[key] = value


def _from_json(text: str) -> Rules:
    return _flattened(json.loads(text, object_pairs_hook=_unique), 0)


def _unique(pairs: list[tuple[str, Any]]) -> Rules:
    out: Rules = {}
    for key, value in pairs:
        _put(out, key, value)
    return out


def _flattened(value: Any, depth: int) -> Rules:
    """Return the rules of a JSON policy, which nests names below resources: `{"service": {"api": {…}}}`."""
    if not isinstance(value, dict) or depth >= _DEEPEST:
        raise _NotUnderstood
    rules: Rules = {}
    for key, inner in value.items():
        if isinstance(inner, str):
            _put(rules, key, inner)
        elif _LABELLED.match(key) and isinstance(inner, dict):
            for name, rule in inner.items():
                _put(rules, label(key, name), _flattened(rule, depth + 1))
        else:
            _put(rules, key, _flattened(inner, depth + 1))
    return rules


def text_of(rules: Any) -> str:
    """Return HCL for rules, sorted, one rule a block; text is returned as it is. `parse(text_of(rules))` is
    `rules`.
    """
    if not isinstance(rules, Mapping):
        return str(rules or "")
    return "".join(f"{line}\n" for line in _lines(rules, ""))


def _shown(key: str) -> str:
    """Return a key as it is read back: unusual ones are quoted."""
    return key if _PLAIN.match(key) else json.dumps(key, ensure_ascii=False)


def _lines(rules: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key in sorted(rules):
        value = rules[key]
        if not isinstance(value, Mapping):
            yield f"{indent}{_shown(key)} = {json.dumps(value, ensure_ascii=False)}"
        else:
            yield f"{indent}{_shown(key)} {{"
            yield from _lines(value, indent + "  ")
            yield f"{indent}}}"
