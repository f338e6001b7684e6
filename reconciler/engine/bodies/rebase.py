"""Rebase: an approved change on an object that was written in between.

The change goes on only if it does to the object as it is now exactly what was approved for the object as
it was planned: the other writer touched other parts. Anything else stays a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.engine.bodies.canonical import Key, canonical, item_key
from reconciler.engine.bodies.ignoring import as_live
from reconciler.engine.bodies.merge import merge
from reconciler.engine.bodies.same import same
from reconciler.engine.bodies.veiling import veil_like
from reconciler.model.change import Action, Change
from reconciler.sdk.kinds import KeyedBy, Kind, Rule
from reconciler.sdk.provider import Present

_NO_RULE = Rule()


def rebased(kind: Kind, change: Change, live: Present | None) -> Change | None:
    """Return the change on what is live now, or `None` where it would no longer be what was approved.

    A container is deleted with its last item. So a container that is gone held nothing but what others took
    out, and is created again; any other object that is gone was removed on purpose.
    """
    if live is None and kind.container is None:
        return None
    rule = kind.rule
    before = change.before or {}
    after = change.after or {}
    theirs = seen_like(kind, change, live.body) if live is not None else {}
    owned = {} if change.action is Action.DELETE else change.owned or {}
    owned = as_live(rule, owned, theirs, () if change.action is Action.DELETE else change.ignores)
    target = merge(rule, owned, taken_away(rule, before, after), theirs, shared=change.shared).target
    if _delta(rule, before, after) != _delta(rule, theirs, target):
        return None
    left = target if change.action is not Action.DELETE or _holds(kind, target) else None
    if live is None:
        return replace(change, action=Action.CREATE, before=None, after=left, observed_version=None)
    # What was to be created is there by now, so it is changed.
    action = Action.UPDATE if change.action is Action.CREATE else change.action
    return replace(change, action=action, before=theirs, after=left, observed_version=live.version)


def seen_like(kind: Kind, change: Change, live: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical form of what is live now, with what is sensitive in the change wrapped in
    it too.
    """
    veiled = veil_like(kind.rule, live, change.before, change.after, change.owned)
    return canonical(kind.rule, veiled, declared=False)


def _delta(rule: Rule, before: Any, after: Any) -> Any:
    """Return what a change does, by field and item down to pairs of values; `None` where it does nothing.

    A list that becomes empty or begins differs by its items. It costs no more than a walk over both bodies,
    because it runs while others write.
    """
    if before == after:
        return None
    if rule.keyed is not None and not rule.opaque:
        here, there = _by_key(rule.keyed, before), _by_key(rule.keyed, after)
        parts = {key: _delta(rule.each or _NO_RULE, here.get(key), there.get(key)) for key in here | there}
    elif isinstance(before, Mapping) and isinstance(after, Mapping) and not rule.opaque:
        parts = {
            name: _delta(_rule_of(rule, name), before.get(name), after.get(name))
            for name in {**before, **after}
        }
    else:
        return None if same(rule, before, after) else (before, after)
    return {name: part for name, part in parts.items() if part is not None} or None


def _by_key(keyed: KeyedBy, items: Any) -> dict[Key, Any]:
    return {item_key(keyed, item): item for item in items or ()}


def _rule_of(rule: Rule, name: str) -> Rule:
    return (rule.each or _NO_RULE) if rule.is_map else rule.fields.get(name, _NO_RULE)


def taken_away(rule: Rule, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a change removes: the fields and keyed items of `before` that `after` does not have."""
    out: dict[str, Any] = {}
    for name, value in before.items():
        if name not in after:
            out[name] = value
            continue
        inner = _inner(_rule_of(rule, name), value, after[name])
        if inner:
            out[name] = inner
    return out


def _inner(rule: Rule, before: Any, after: Any) -> Any:
    if rule.opaque:
        return None
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return taken_away(rule, before, after)
    if rule.keyed is None or not isinstance(before, list) or not isinstance(after, list):
        return None
    keyed = rule.keyed
    there = _by_key(keyed, after)
    return [found for item in before if (found := _item(rule, item, there.get(item_key(keyed, item))))]


def _item(rule: Rule, item: Any, kept: Any | None) -> Any:
    """Return an item that is removed, or its key with the removed parts of it; `None` where it stays as it
    is.
    """
    assert rule.keyed is not None
    if item == kept:
        return None
    if kept is None:
        return item
    gone = taken_away(rule.each or _NO_RULE, item, kept)
    return {**{name: item[name] for name in rule.keyed.fields if name in item}, **gone} if gone else None


def _holds(kind: Kind, body: Mapping[str, Any]) -> bool:
    return bool(kind.container is not None and body.get(kind.container))
