"""What means "not set": zeros, empty objects, and defaults of the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.sdk.kinds import Rule
from reconciler.sdk.secrets.sensitive import Sensitive

_NO_RULE = Rule()
SCALARS = frozenset({str, int, bool, float})
_ZEROS: tuple[Any, ...] = (None, False, 0, "", {}, [])


def is_zero(value: Any) -> bool:
    """Say whether a value is Go's zero: what a server means by "not set"."""
    return value is None or value is False or value in (0, "", {}, [])


def is_unset(rule: Rule, value: Any) -> bool:
    """Say whether a value means "not set" in a place with this rule: it is empty or the server's default."""
    kind = type(value)
    if kind in SCALARS and rule.default is None:  # first, because nearly everything is one
        return not (value or rule.significant)
    if kind is Sensitive:
        return _hides(is_unset, rule, value)
    if rule.default is not None and value == rule.default:
        return True
    if kind not in SCALARS and isinstance(value, Mapping) and not (rule.is_map or rule.opaque):
        return all(is_unset(rule.fields.get(name, _NO_RULE), item) for name, item in value.items())
    return is_empty(rule, value)


def is_empty(rule: Rule, value: Any) -> bool:
    """Say whether a value is a zero that means "not set", or an object of nothing but such zeros."""
    kind = type(value)
    if kind is Sensitive:
        return _hides(is_empty, rule, value)
    if rule.significant:
        return value is None
    if kind in SCALARS:
        return not value
    if isinstance(value, Mapping) and not (rule.is_map or rule.opaque):
        return all(is_empty(rule.fields.get(name, _NO_RULE), item) for name, item in value.items())
    return is_zero(value)


def _hides(test: Callable[[Rule, Any], bool], rule: Rule, leaf: Sensitive) -> bool:
    """Say whether a wrapped value passes a test of emptiness. A sealed one can only be compared with
    candidates.
    """
    if leaf.known:
        return test(rule, leaf.reveal())
    return any(test(rule, value) and leaf.stands_for(value) for value in (*_ZEROS, rule.default))
