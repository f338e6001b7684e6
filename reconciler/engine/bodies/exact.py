"""Equality to the letter, for what no rule describes below a point: opaque configuration of proxies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.secrets.sensitive import Sensitive


class Exact(dict[str, Any]):
    """An opaque object: it equals another to the letter only (`true` is not 1, though Python says so)."""

    __slots__ = ()
    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return identical(self, other)

    def __ne__(self, other: object) -> bool:
        return not identical(self, other)


def identical(left: Any, right: Any) -> bool:
    """Say whether two JSON values are equal to the letter; 1 and 1.0 are one number."""
    if isinstance(left, Sensitive) or isinstance(right, Sensitive):
        return bool(left == right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(identical(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(identical, left, right))
    if isinstance(left, Mapping | list) or isinstance(right, Mapping | list):
        return False
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)
