"""Ignored places: in bodies of declared or recorded objects they are as they are live.

So merge, diff and drift find nothing there: this is the one place where an ignore rule meets
bodies. A path is a tuple of steps, each the glob of a name (fields in any spelling), the glob of an item's
key, or the number of an item of a list without keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from reconciler.engine.bodies.canonical import Key, item_key, key_text, spelled
from reconciler.engine.bodies.veiling import rule_of
from reconciler.sdk.kinds import KeyedBy, Rule
from reconciler.sdk.secrets.sensitive import Sensitive

Step = str | int
Paths = Sequence[tuple[Step, ...]]

_NO_RULE = Rule()
_ABSENT: Any = object()


def as_live(rule: Rule, body: Mapping[str, Any], live: Mapping[str, Any], paths: Paths) -> dict[str, Any]:
    """Return a canonical body in which every place of the paths is as in `live`: the same value, or absent.

    A place inside an item of a keyed list counts only where both have the item: one that is to be created is
    created as it is in `body`, and one that goes, goes.
    """
    if not paths:
        return dict(body)
    out = _value(rule, body, live, paths)
    return {} if out is _ABSENT else out


def has_any(rule: Rule, body: Any, paths: Paths) -> bool:
    """Say whether a body has something at any of the paths."""
    if any(not path for path in paths):
        return True
    if isinstance(body, Sensitive):
        return bool(paths)
    if isinstance(body, Mapping):
        return any(
            has_any(rule_of(rule, name), item, _below(rule, name, paths)) for name, item in body.items()
        )
    if isinstance(body, list):
        each = rule.each or _NO_RULE
        return any(has_any(each, item, _below_item(rule, i, item, paths)) for i, item in enumerate(body))
    return False


def _value(rule: Rule, mine: Any, live: Any, paths: Paths) -> Any:
    if any(not path for path in paths):
        return live
    if not paths:
        return mine
    if isinstance(mine, Sensitive) or isinstance(live, Sensitive):
        return _hidden(rule, mine, live, paths)
    return _inside(rule, mine, live, paths)


def _inside(rule: Rule, mine: Any, live: Any, paths: Paths) -> Any:
    first = live if mine is _ABSENT else mine
    if rule.keyed is not None and isinstance(first, list):
        return _keyed(rule, rule.keyed, mine, live, paths)
    if isinstance(mine, list) and isinstance(live, list):
        return _listed(rule, mine, live, paths)
    return _object(rule, mine, live, paths) if isinstance(first, Mapping) else mine


def _hidden(rule: Rule, mine: Any, live: Any, paths: Paths) -> Any:
    """Return a wrapped value with the places inside it as they are live, where it is known what is inside."""
    leaves = [value for value in (mine, live) if isinstance(value, Sensitive)]
    if not all(leaf.known for leaf in leaves):
        return mine
    here, there = (value.reveal() if isinstance(value, Sensitive) else value for value in (mine, live))
    out = _value(rule, here, there, paths)
    return out if out is _ABSENT else Sensitive(out)


def _object(rule: Rule, mine: Any, live: Any, paths: Paths) -> Any:
    here = mine if isinstance(mine, Mapping) else {}
    there = live if isinstance(live, Mapping) else {}
    out: dict[str, Any] = {}
    for name in (*here, *(name for name in there if name not in here)):
        below = _below(rule, name, paths)
        value = _value(rule_of(rule, name), here.get(name, _ABSENT), there.get(name, _ABSENT), below)
        if value is not _ABSENT:
            out[name] = value
    if mine is _ABSENT:
        return out or _ABSENT
    return type(mine)(out) if isinstance(mine, dict) else out


def _listed(rule: Rule, mine: list[Any], live: list[Any], paths: Paths) -> list[Any]:
    """Return a list without keys; the items at places that both have are compared one by one."""
    each = rule.each or _NO_RULE
    out = list(mine)
    for number in range(min(len(mine), len(live))):
        below = _below_item(rule, number, mine[number], paths)
        out[number] = _value(each, mine[number], live[number], below)
    return out


def _keyed(rule: Rule, keyed: KeyedBy, mine: Any, live: Any, paths: Paths) -> Any:
    each = rule.each or _NO_RULE
    here, there = _by_key(keyed, mine), _by_key(keyed, live)
    out: dict[Key, Any] = {}
    for key, item in {**there, **here}.items():
        below = _below_item(rule, None, item, paths)
        whole = any(not path for path in below)
        if whole and key in there:
            out[key] = there[key]
        elif key in here and not whole:
            out[key] = _value(each, item, there[key], below) if key in there else item
    if mine is _ABSENT and not out:
        return _ABSENT
    return [out[key] for key in sorted(out)]


def _by_key(keyed: KeyedBy, items: Any) -> dict[Key, Any]:
    return {item_key(keyed, item): item for item in items} if isinstance(items, list) else {}


def _below(rule: Rule, name: Any, paths: Paths) -> Paths:
    """Return what is left of the paths below a name."""
    if not paths:
        return ()
    free = rule.is_map or rule.opaque or not rule.fields
    return [path[1:] for path in paths if _is_name(rule, path[0], str(name), free)]


def _is_name(rule: Rule, step: Step, name: str, free: bool) -> bool:
    if not isinstance(step, str):
        return False
    if free:
        return step == name or fnmatchcase(name, step)
    return spelled(rule, step) == spelled(rule, name) or fnmatchcase(name.lower(), step.lower())


def _below_item(rule: Rule, number: int | None, item: Any, paths: Paths) -> Paths:
    """Return what is left of the paths below an item of a list. Items may be left out of a path."""
    each = rule.each or _NO_RULE
    text = key_text(item_key(rule.keyed, item)) if rule.keyed is not None else None
    return list(_left(each, number, text, paths))


def _left(each: Rule, number: int | None, text: str | None, paths: Paths) -> Iterable[tuple[Step, ...]]:
    for path in paths:
        step = path[0]
        if isinstance(step, int):
            if step == number:
                yield path[1:]
        elif (text is not None and (step == text or fnmatchcase(text, step))) or step == "*":
            yield path[1:]
        elif spelled(each, step) in each.fields:
            yield path
