"""The field changes between two canonical bodies: the one door to deepdiff.

Keyed lists are compared by key, so that an added source is one line at any place. deepdiff runs
only on objects that differ; none of its objects leaves this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from reconciler.engine.bodies.canonical import item_key, key_text
from reconciler.engine.bodies.unset import is_unset
from reconciler.model.change import FieldChange, Op
from reconciler.sdk.kinds import Rule
from reconciler.sdk.secrets.sensitive import Sensitive

_NO_RULE = Rule()


class _Token(str):
    """Stands for a value that is not shown while deepdiff compares: equal to another where the values are."""

    __slots__ = ("leaf",)
    leaf: Any

    @classmethod
    def of(cls, leaf: Any, other: Any) -> _Token:
        """Return the token of a value that is compared with another."""
        token = cls("=" if leaf == other else f"{id(leaf):x}")
        token.leaf = leaf
        return token


def diff(
    rule: Rule,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    replaces: frozenset[str] = frozenset(),
) -> tuple[FieldChange, ...]:
    """Return leaf changes from `before` to `after`, sorted by path; `replaces` are fields that force
    replacement.
    """
    if before == after:
        return ()
    from deepdiff import DeepDiff

    tree = DeepDiff(
        _shown(rule, before, after),
        _shown(rule, after, before),
        view="tree",
        verbose_level=2,
        threshold_to_diff_deeper=0,
    )
    changes = [_change(item, replaces) for items in tree.values() for item in items]
    return tuple(sorted(changes, key=lambda change: tuple(str(part) for part in change.path)))


def _change(item: Any, replaces: frozenset[str]) -> FieldChange:
    path = tuple(item.path(output_format="list"))
    report = item.report_type
    op = Op.CHANGE
    if report.endswith("_added"):
        op = Op.ADD
    elif report.endswith("_removed"):
        op = Op.REMOVE
    old = None if op is Op.ADD else _leaves_again(item.t1)
    new = None if op is Op.REMOVE else _leaves_again(item.t2)
    return FieldChange(path, op, old, new, forces_replacement=bool(path) and path[0] in replaces)


def _leaves_again(value: Any) -> Any:
    if isinstance(value, _Token):
        return value.leaf
    if isinstance(value, Mapping):
        return {name: _leaves_again(item) for name, item in value.items()}
    return [_leaves_again(item) for item in value] if isinstance(value, list | tuple) else value


def _shown(rule: Rule, value: Any, other: Any) -> Any:
    """Return a copy in which keyed lists are objects under their items' keys.

    Of these only the items that differ. What means "not set" and is not there at all in `other`, the value
    to compare with, is left out.
    """
    if isinstance(value, Sensitive):
        return _Token.of(value, other)
    if rule.opaque:
        return _opaque(value, other)
    if isinstance(value, Mapping):
        return _shown_object(rule, value, other if isinstance(other, Mapping) else {})
    if not isinstance(value, list):
        return value
    each, others = rule.each or _NO_RULE, other if isinstance(other, list) else []
    if rule.keyed is None:
        return [_shown(each, item, there) for item, there in zip_longest(value, others[: len(value)])]
    keyed = rule.keyed
    here, there = ({key_text(item_key(keyed, item)): item for item in items} for items in (value, others))
    # What is equal is left out of both: of a thousand exported services a change moves a few.
    return {key: _shown(each, item, there.get(key)) for key, item in here.items() if there.get(key) != item}


def _opaque(value: Any, other: Any) -> Any:
    """Return a copy of what no rule describes, with tokens for wrapped values."""
    if isinstance(value, Sensitive):
        return _Token.of(value, other)
    if isinstance(value, Mapping):
        there = other if isinstance(other, Mapping) else {}
        return {name: _opaque(item, there.get(name)) for name, item in value.items()}
    if isinstance(value, list):
        others = other if isinstance(other, list) else []
        return [_opaque(item, there) for item, there in zip_longest(value, others[: len(value)])]
    return value


def _shown_object(rule: Rule, value: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, item in value.items():
        below = (rule.each or _NO_RULE) if rule.is_map else rule.fields.get(name, _NO_RULE)
        if rule.is_map or name in other or not is_unset(below, item):
            out[name] = _shown(below, item, other.get(name))
    return out
