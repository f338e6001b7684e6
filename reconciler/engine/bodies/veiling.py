"""Veiling: the values of a body that are sensitive become leaves that are not shown.

What is sensitive is said by the kind's rules, by the configuration (leaves of variables, and paths), and by
what was recorded as such. It is tracked by place: `Marks` are a tree over the places of a body, under the
documented names of fields. Old and new values of a place are veiled alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.engine.bodies.canonical import canonical, hidden, item_key, key_text, spelled
from reconciler.sdk.kinds import KeyedBy, Rule
from reconciler.sdk.secrets.sensitive import Sensitive

Step = str | int
Marks = dict[Any, Any]

HERE = ("here",)  # this place is sensitive, and all below it
ANY = "*"  # any item of a list, or any name

_NO_RULE = Rule()
_reach: dict[int, tuple[Rule, bool]] = {}


def marks_of(rule: Rule, body: Any) -> Marks:
    """Return the places of a body that hold sensitive leaves; those in lists without keys count for every
    item.
    """
    if isinstance(body, Sensitive):
        return {HERE: {}}
    if isinstance(body, Mapping):
        found = {spelled(rule, name): marks_of(rule_of(rule, name), item) for name, item in body.items()}
        return {name: marks for name, marks in found.items() if marks}
    if isinstance(body, list | tuple):
        each = rule.each or _NO_RULE
        return joined(*({_item_step(rule, item): marks_of(each, item)} for item in body))
    return {}


def marks_at(rule: Rule, path: Sequence[Step]) -> Marks:
    """Return the place that a path from the configuration names: fields in any of their spellings, `*` for
    any item or name; the items of a list may be left out.
    """
    if not path:
        return {HERE: {}}
    step, *rest = path
    if _is_list(rule):
        each = rule.each or _NO_RULE
        is_item = isinstance(step, int) or step == ANY or (rule.keyed is not None and not _knows(each, step))
        return {step: marks_at(each, rest)} if is_item else {ANY: marks_at(each, path)}
    name = spelled(rule, step) if isinstance(step, str) else step
    return {name: marks_at(rule_of(rule, name), rest)}


def joined(*marks: Marks) -> Marks:
    """Return all of these places together."""
    out: Marks = {}
    for one in marks:
        for step, below in one.items():
            if below or step == HERE:
                out[step] = joined(out[step], below) if step in out else below
    return out


def veil(rule: Rule, body: Any, marks: Marks | None = None) -> Any:
    """Return a body with values wrapped at the marked places, and where the rules say so. Empty values stay
    as they are.
    """
    marks = marks or {}
    if isinstance(body, Sensitive) or not (marks or reaches_sensitive(rule)):
        return body
    if rule.sensitive is not None:
        body = hidden(rule, body)
    if isinstance(body, Mapping) and (body or HERE not in marks):
        if HERE in marks and rule.opaque:
            return Sensitive(body)
        return (
            type(body)(_veiled(rule, body, marks)) if isinstance(body, dict) else _veiled(rule, body, marks)
        )
    if isinstance(body, list | tuple) and body and not (HERE in marks and rule.keyed is None):
        return [_item(rule, number, item, marks) for number, item in enumerate(body)]
    # Also where only something below would be marked: the other body has another shape here.
    return Sensitive(body) if marks and _says_something(body) else body


def veil_like(rule: Rule, body: Mapping[str, Any], *others: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a body with values wrapped wherever one of the others has something sensitive, and where the
    rules say so.
    """
    veiled: dict[str, Any] = veil(rule, body, joined(*(marks_of(rule, other) for other in others if other)))
    return veiled


def unveil(rule: Rule, body: Any, marks: Marks) -> Any:
    """Return a body in which only marked places stay wrapped: what is no longer sensitive is plain."""
    if isinstance(body, Sensitive):
        return body.reveal() if body.known and not marks else body
    if HERE in marks:
        return body
    if isinstance(body, Mapping):
        plain = {
            name: unveil(rule_of(rule, name), item, _below(rule, name, marks)) for name, item in body.items()
        }
        return type(body)(plain) if isinstance(body, dict) else plain
    if isinstance(body, list | tuple):
        each = rule.each or _NO_RULE
        return [unveil(each, item, _at_item(rule, number, item, marks)) for number, item in enumerate(body)]
    return body


def reaches_sensitive(rule: Rule) -> bool:
    """Say whether the rules call anything at or below their place sensitive."""
    known = _reach.get(id(rule))
    if known is not None and known[0] is rule:
        return known[1]
    below: Iterable[Rule] = (*rule.fields.values(), *([rule.each] if rule.each else []))
    found = rule.sensitive is not None or any(reaches_sensitive(one) for one in below)
    _reach[id(rule)] = (rule, found)
    return found


def rule_of(rule: Rule, name: Any) -> Rule:
    """Return the rule of what is below a name in any spelling."""
    if rule.is_map:
        return rule.each or _NO_RULE
    return rule.fields.get(spelled(rule, name), _NO_RULE) if rule.fields else _NO_RULE


def _veiled(rule: Rule, body: Mapping[str, Any], marks: Marks) -> dict[str, Any]:
    return {name: veil(rule_of(rule, name), item, _below(rule, name, marks)) for name, item in body.items()}


def _below(rule: Rule, name: Any, marks: Marks) -> Marks:
    if HERE in marks:
        return {HERE: {}}
    return joined(marks.get(spelled(rule, name), {}), marks.get(ANY, {}))


def _item(rule: Rule, number: int, item: Any, marks: Marks) -> Any:
    each, below = rule.each or _NO_RULE, _at_item(rule, number, item, marks)
    if rule.keyed is None or not isinstance(item, Mapping):
        return veil(each, item, below)
    veiled = veil(each, item, below)
    # What an item is known by stays: it is what the item is called everywhere.
    return {name: item[name] if spelled(each, name) in rule.keyed.fields else veiled[name] for name in item}


def _at_item(rule: Rule, number: int, item: Any, marks: Marks) -> Marks:
    if HERE in marks:
        return {HERE: {}}
    found = [marks.get(ANY, {}), marks.get(number, {})]
    if not found[0] and any(isinstance(step, str) and step != ANY for step in marks):
        found.append(marks)  # the other body has one item here, and no list
    if rule.keyed is not None:
        key = _key(rule.keyed, rule, item)
        found += [marks.get(("item", key), {}), marks.get(key_text(key), {})]
    return joined(*found)


def _item_step(rule: Rule, item: Any) -> Any:
    return ANY if rule.keyed is None else ("item", _key(rule.keyed, rule, item))


def _key(keyed: KeyedBy, rule: Rule, item: Any) -> tuple[str, ...]:
    """Return the key of an item, in any spelling of its fields."""
    each = rule.each or _NO_RULE
    return item_key(keyed, canonical(each, item, declared=False) if isinstance(item, Mapping) else item)


def _is_list(rule: Rule) -> bool:
    return rule.each is not None and not rule.is_map


def _knows(rule: Rule, name: str) -> bool:
    return spelled(rule, name) in rule.fields


def _says_something(value: Any) -> bool:
    return value not in (None, "", [], {})
