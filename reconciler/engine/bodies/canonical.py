"""Canonical form: two bodies that mean the same to the server look the same.

Field names get their documented spelling, server-owned fields go, scalars are written as the server
writes them, keyed lists are sorted by key. Zeros and empties of known fields mean "not set" and are
dropped from what is live; what is declared keeps them, because a declared `false` must win over a live
`true`. Defaults stay, because what is live is written back as a whole; `same` knows that they are as good
as nothing. Fields without a rule are left alone, so that what a newer server adds survives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.engine.bodies.exact import Exact
from reconciler.engine.bodies.forms import WRITERS, as_float, from_base64
from reconciler.engine.bodies.unset import SCALARS, is_empty, is_unset
from reconciler.sdk.kinds import Form, KeyedBy, Rule
from reconciler.sdk.secrets.sensitive import Sensitive

Key = tuple[str, ...]
_NO_RULE = Rule()


class _Names:
    """Finds the documented spelling of a field: any letter case, and the documented aliases.

    `texts` are the fields in which a text stays as it is written: nearly everything is one of these.
    """

    __slots__ = ("rule", "spellings", "texts")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule  # keeps the rule alive: the cache below goes by identity
        self.texts = frozenset(name for name, field in rule.fields.items() if _keeps_text(field))
        self.spellings = {name.lower(): name for name in rule.fields}
        self.spellings.update((alias.lower(), name) for alias, name in rule.aliases.items())

    def __call__(self, name: str) -> str:
        return self.spellings.get(name.lower(), name)


def _keeps_text(rule: Rule) -> bool:
    special = rule.server or rule.opaque or rule.significant or rule.form not in (None, Form.WEAK_TEXT)
    return not (special or rule.sensitive) and (rule.each is None or rule.is_map)


_names: dict[int, _Names] = {}


def _spelling(rule: Rule) -> _Names:
    names = _names.get(id(rule))
    if names is None or names.rule is not rule:
        names = _names[id(rule)] = _Names(rule)
    return names


def spelled(rule: Rule, name: Any) -> Any:
    """Return the documented spelling of a field of an object with this rule; the name itself where it is
    free.
    """
    return _spelling(rule)(name) if rule.fields and not rule.is_map and isinstance(name, str) else name


def canonical(rule: Rule, body: Mapping[str, Any], *, declared: bool) -> dict[str, Any]:
    """Return the canonical form of a whole body; `declared` keeps zeros that were written down."""
    return _object(rule, body, declared)


def _value(rule: Rule, value: Any, declared: bool) -> Any:
    kind = type(value)
    if kind is Sensitive:
        return _inside(value, lambda plain: _value(rule, plain, declared))
    if rule.opaque:
        return _opaque(rule, value)
    if kind in SCALARS:  # first, because nearly everything is one
        return _scalar(rule, value, declared)
    if kind is dict or isinstance(value, Mapping):
        return _mapping(rule, value, declared)
    if isinstance(value, list | tuple):
        single = len(value) == 1 and _is_single(rule)
        return _value(rule, value[0], declared) if single else _list(rule, value, declared)
    return value


def _scalar(rule: Rule, value: Any, declared: bool) -> Any:
    if rule.form is Form.BYTES:
        return value if declared else from_base64(value)
    if rule.form:
        return WRITERS[rule.form](value)
    if rule.each is not None and not rule.is_map:
        return _list(rule, [] if value == "" else [value], declared)
    return value


def _mapping(rule: Rule, value: Mapping[str, Any], declared: bool) -> Any:
    if rule.is_map:
        return _map(rule, value, declared)
    if rule.each is not None:
        return _list(rule, [value] if value else [], declared)
    return _object(rule, value, declared)


def _is_single(rule: Rule) -> bool:
    """Say whether the rule is for one value, so that a list of one can only mean its item."""
    return rule.form is not None or rule.is_map or (bool(rule.fields) and rule.each is None)


def _object(rule: Rule, body: Mapping[str, Any], declared: bool) -> dict[str, Any]:
    fields, names = rule.fields, _spelling(rule)
    texts = names.texts
    out: dict[str, Any] = {}
    for given, value in body.items():
        if type(value) is str and given in texts:
            if declared or value:
                out[given] = value
            continue
        name, field = given, fields.get(given)
        if field is None:
            name = names(given)
            field = fields.get(name)
        if field is None:
            out[name] = value
            continue
        if field.server or value is None:
            continue
        kept = _value(field, value, declared)
        if declared or not is_empty(field, kept):
            out[name] = hidden(field, kept) if field.sensitive else kept
    return out


def hidden(rule: Rule, value: Any) -> Any:
    """Return a value in a place with this rule, wrapped where its kind says that it is secret."""
    secret = rule.sensitive is not None and not isinstance(value, Sensitive) and rule.sensitive(value)
    return Sensitive(value) if secret else value


def _map(rule: Rule, body: Mapping[str, Any], declared: bool) -> dict[str, Any]:
    each = rule.each or _NO_RULE
    return {str(name): _value(each, value, declared) for name, value in body.items()}


def _list(rule: Rule, items: list[Any] | tuple[Any, ...], declared: bool) -> list[Any]:
    each = rule.each or _NO_RULE
    out = [_value(each, item, declared) for item in items]
    if rule.keyed is not None:
        keyed = rule.keyed
        out = [_named(keyed, each, item) for item in out]
        if len(out) > 1:
            out = _by_key(keyed, out)
    return out


def _by_key(keyed: KeyedBy, items: list[Any]) -> list[Any]:
    """Return the items in order of their keys: by the first part of the key where no two have the same."""
    first = keyed.fields[0] if keyed.fields else ""  # a list of texts has no fields
    parts = {str((item.get(first) or "") if isinstance(item, dict) else item): item for item in items}
    if len(parts) == len(items):
        return [parts[part] for part in sorted(parts)]
    return sorted(items, key=lambda item: item_key(keyed, item))


def _named(keyed: KeyedBy, each: Rule, item: Any) -> Any:
    """Return an item without the parts of its key that are defaults: `Namespace: default` names the same
    item.
    """
    if not isinstance(item, dict):
        return item
    out, rules = item, each.fields
    for name in keyed.fields:
        if name in item and is_unset(rules.get(name, _NO_RULE), item[name]):
            out = {other: value for other, value in out.items() if other != name}
    return out


def _opaque(rule: Rule, value: Any) -> Any:
    if rule.reads is not None:
        return rule.reads(value)
    if rule.unwraps and isinstance(value, list) and len(value) == 1:
        value = value[0]
    if rule.floats:
        value = _floats(value)
    if not isinstance(value, Mapping):
        return value
    return Exact(_unwrapped_below(value) if rule.unwraps else value)


def _floats(value: Any) -> Any:
    """Return a value with all whole numbers in it as 64-bit floats hold them."""
    if isinstance(value, Mapping):
        return {name: _floats(item) for name, item in value.items()}
    return [_floats(item) for item in value] if isinstance(value, list) else as_float(value)


def _unwrapped_below(value: Any) -> Any:
    return {n: _unwrapped(item) for n, item in value.items()} if isinstance(value, Mapping) else value


def _unwrapped(value: Any) -> Any:
    """Return the item of a list of one, with every object in it treated the same; any other value as
    it is.
    """
    if isinstance(value, Sensitive):
        return _inside(value, _unwrapped)
    return _unwrapped_below(value[0]) if isinstance(value, list) and len(value) == 1 else value


def _inside(leaf: Sensitive, change: Callable[[Any], Any]) -> Sensitive:
    """Return a leaf with its value brought to another form."""
    if not leaf.known:
        return leaf
    value = change(leaf.reveal())
    return value if isinstance(value, Sensitive) else Sensitive(value)


def item_key(keyed: KeyedBy, item: Any) -> Key:
    """Return what identifies an item of a keyed list; absent fields count as empty text."""
    if not isinstance(item, dict):
        return (str(item),)
    return tuple([str(item.get(name) or "") for name in keyed.fields])


def key_text(key: Key) -> str:
    """Return a key for people: `web@dc2`, or `api` where only the first part is set."""
    first, *rest = key
    suffix = "/".join(part for part in rest if part)
    return f"{first}@{suffix}" if first and suffix else first or suffix
