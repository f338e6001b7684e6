"""Whether two canonical values mean the same to the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.engine.bodies.exact import identical
from reconciler.engine.bodies.unset import is_unset
from reconciler.sdk.kinds import Rule
from reconciler.sdk.secrets.sensitive import Sensitive

_NO_RULE = Rule()


def same(rule: Rule, left: Any, right: Any) -> bool:
    """Say whether two canonical values mean the same: an unset value equals an absent one."""
    if (left == right and type(left) is type(right)) or (is_unset(rule, left) and is_unset(rule, right)):
        return True
    if type(left) is Sensitive or type(right) is Sensitive:
        return _same_hidden(rule, left, right)
    if rule.opaque:
        return identical(left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return _same_objects(rule, left, right)
    if isinstance(left, list) and isinstance(right, list):
        each = rule.each or _NO_RULE
        return len(left) == len(right) and all(same(each, a, b) for a, b in zip(left, right, strict=True))
    return _same_scalars(left, right)


def _same_hidden(rule: Rule, left: Any, right: Any) -> bool:
    """Say whether two wrapped values mean the same. Where both are known they are compared in plain."""
    closed = [leaf for leaf in (left, right) if isinstance(leaf, Sensitive) and not leaf.known]
    if closed:
        return bool(left == right)
    return same(rule, *(leaf.reveal() if isinstance(leaf, Sensitive) else leaf for leaf in (left, right)))


def _same_objects(rule: Rule, left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    if rule.is_map:
        each = rule.each or _NO_RULE
        return left.keys() == right.keys() and all(same(each, left[name], right[name]) for name in left)
    return all(
        same(rule.fields.get(name, _NO_RULE), left.get(name), right.get(name))
        for name in left.keys() | right.keys()
    )


def _same_scalars(left: Any, right: Any) -> bool:
    # Consul decodes weakly: "3" for 3, and numbers where text is meant.
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    if isinstance(left, str | int | float) and isinstance(right, str | int | float):
        return str(left) == str(right)
    return bool(left == right)
