"""Rebase: an approved change on an object that somebody else wrote in between.

The change goes on only if it does to the object as it is now exactly what was approved for the object as
it was planned: the other writer touched other parts. Anything else stays a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.engine.canonical import canonical, item_key
from reconciler.engine.diff import diff
from reconciler.engine.merge import merge
from reconciler.model.change import Action, Change, FieldChange
from reconciler.sdk.kinds import Kind, Rule
from reconciler.sdk.provider import Present

_NO_RULE = Rule()


def rebased(kind: Kind, change: Change, live: Present) -> Change | None:
    """The change on what is live now, or `None` where it would no longer be what was approved."""
    rule, theirs = kind.rule, canonical(kind.rule, live.body, declared=False)
    before = change.before or {}
    after = change.after or {}
    owned = {} if change.action is Action.DELETE else change.owned or {}
    target = merge(rule, owned, taken_away(rule, before, after), theirs, shared=change.shared).target
    if _differences(kind, before, after) != _differences(kind, theirs, target):
        return None
    left = target if change.action is not Action.DELETE or _holds(kind, target) else None
    # What was to be created is there by now, so it is changed.
    action = Action.UPDATE if change.action is Action.CREATE else change.action
    return replace(change, action=action, before=theirs, after=left, observed_version=live.version)


def _differences(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """What changes, item by item also where a shared list becomes empty or begins."""
    padding: dict[str, Any] = {kind.container: []} if kind.container is not None else {}
    return diff(kind.rule, {**padding, **before}, {**padding, **after})


def taken_away(rule: Rule, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a change removes: the fields and keyed items of `before` that `after` does not have."""
    out: dict[str, Any] = {}
    for name, value in before.items():
        if name not in after:
            out[name] = value
            continue
        field = (rule.each or _NO_RULE) if rule.is_map else rule.fields.get(name, _NO_RULE)
        inner = _inner(field, value, after[name])
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
    return [found for item in before if (found := _item(rule, item, after)) is not None]


def _item(rule: Rule, item: Any, after: list[Any]) -> Any:
    """An item that goes, or its key with those parts of it that go; `None` where it stays as it is."""
    assert rule.keyed is not None
    key = item_key(rule.keyed, item)
    kept = next((other for other in after if item_key(rule.keyed, other) == key), None)
    if kept is None:
        return item
    gone = taken_away(rule.each or _NO_RULE, item, kept)
    return {**{name: item[name] for name in rule.keyed.fields if name in item}, **gone} if gone else None


def _holds(kind: Kind, body: Mapping[str, Any]) -> bool:
    return bool(kind.container is not None and body.get(kind.container))
