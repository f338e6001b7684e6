"""The field changes between two canonical bodies: the one door to deepdiff.

Keyed lists are compared by key, so that an added source is one line whatever its place. deepdiff runs
only on objects that differ; none of its objects leaves this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.engine.canonical import item_key, key_text
from reconciler.model.change import FieldChange, Op
from reconciler.sdk.kinds import Rule

_NO_RULE = Rule()


def diff(
    rule: Rule,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    replaces: frozenset[str] = frozenset(),
) -> tuple[FieldChange, ...]:
    """Leaf changes from `before` to `after`, sorted by path; `replaces` are fields that force replacement."""
    if before == after:
        return ()
    from deepdiff import DeepDiff

    tree = DeepDiff(
        _by_key(rule, before), _by_key(rule, after), view="tree", verbose_level=2, threshold_to_diff_deeper=0
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
    old = None if op is Op.ADD else item.t1
    new = None if op is Op.REMOVE else item.t2
    return FieldChange(path, op, old, new, forces_replacement=bool(path) and path[0] in replaces)


def _by_key(rule: Rule, value: Any) -> Any:
    """A copy in which keyed lists are objects under their items' keys."""
    if rule.opaque:
        return value
    if isinstance(value, Mapping):
        each = rule.each or _NO_RULE
        return {
            name: _by_key(each if rule.is_map else rule.fields.get(name, _NO_RULE), item)
            for name, item in value.items()
        }
    if isinstance(value, list) and rule.keyed is not None:
        keyed, each = rule.keyed, rule.each or _NO_RULE
        return {key_text(item_key(keyed, item)): _by_key(each, item) for item in value}
    return value
