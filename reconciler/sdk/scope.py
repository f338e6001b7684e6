"""Scope inside a body: which of its partitions and namespaces only repeat where the object itself is.

A server fills in what an item leaves out, and shows it from then on. Without what only repeats the object's
own place, what is declared and what is shown are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from reconciler.sdk.address import Address

DEFAULT = "default"
Edition = Literal["community", "enterprise"]
# Below these keys are free maps, or members whose partition is all that there is of them.
_LEFT_ALONE = frozenset({"meta", "config", "arguments", "consumers", "members"})
_FAR = frozenset({"peer", "samenessgroup", "sameness_group"})
_SCOPE = frozenset({"partition", "namespace"})


def unscoped(body: Mapping[str, Any], address: Address, partition: str | None = None) -> dict[str, Any]:
    """Return a body without the partitions and namespaces in its items that are the object's own.

    `partition` is the one that the address's cluster is, for an address that shows none. An item that names
    no partition is in the object's own, so that `default` says something else in any other one. An item of a
    peer is in the namespace `default` over there unless it says otherwise. What the body says at its top is
    left as it is.

    >>> unscoped({"Sources": [{"Name": "web", "Namespace": "default"}]}, Address("x", "dc1", "api"))
    {'Sources': [{'Name': 'web'}]}
    """
    own = {"partition": address.partition or partition or DEFAULT, "namespace": address.namespace or DEFAULT}
    return {key: _below(key, value, own) for key, value in body.items()}


def _below(key: str, value: Any, own: Mapping[str, str]) -> Any:
    if key.lower() in _LEFT_ALONE:
        return value
    if isinstance(value, Mapping):
        return _item(value, own)
    if isinstance(value, list):
        return [_item(item, own) if isinstance(item, Mapping) else item for item in value]
    return value


def _item(item: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    far = any(item[key] for key in item if key.lower() in _FAR)
    repeated = {"namespace": DEFAULT} if far else own
    return {
        key: _below(key, value, own)
        for key, value in item.items()
        if key.lower() not in _SCOPE or repeated.get(key.lower()) != value
    }
