"""Addresses and bodies to what a world has of them: config entries as they are sent, and peerings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import is_namespaced
from reconciler.sdk.provider import Body
from reconciler_consul.kinds.names import entry_ref, folded
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.worlds.form import Item

Key = tuple[str, str, str, str]
"""Kind, name in lower case, partition, namespace: what is one entry, of one cluster."""

PEERING, NOT_IN_WORLDS = "peering", ("acl_policy",)
_DEFAULT = ("", "default")


def entry(address: Address, body: Body) -> Item:
    """Return a config entry as `PUT /v1/config` takes it. A mesh entry has no name."""
    kind, name = entry_ref(address)
    identity = {"Kind": kind} if kind == "mesh" else {"Kind": kind, "Name": name}
    scope = {
        "Partition": address.partition,
        "Namespace": address.namespace if is_namespaced(kind) else None,
    }
    given = {field: value for field, value in scope.items() if value and value not in _DEFAULT}
    return {**identity, **given, **{field: value for field, value in body.items() if field not in identity}}


def key_of(entry: Mapping[str, Any]) -> Key:
    """Return what identifies an entry among those of its cluster."""
    kind = str(entry.get("Kind") or "")
    name = "mesh" if kind == "mesh" else str(entry.get("Name") or "")
    scope = (_scope(entry.get("Partition")), _scope(entry.get("Namespace")) if is_namespaced(kind) else "")
    return kind, folded(name), *scope


def key_at(address: Address) -> Key:
    """Return what identifies the entry at an address among those of its cluster."""
    return key_of(entry(address, {}))


def _scope(value: Any) -> str:
    return "" if value in _DEFAULT or value is None else str(value)


def peering(address: Address, body: Body) -> Item:
    """Return a peering: its two ends, and the name that each has for the other."""
    spec = PeeringSpec.of(address, body)
    return {
        "acceptor": spec.acceptor,
        "dialer": spec.dialer,
        "name_at_acceptor": spec.names[spec.acceptor],
        "name_at_dialer": spec.names[spec.dialer],
    }


def names_of(item: Mapping[str, Any]) -> dict[Any, Any]:
    """Return the names of a peering by the cluster that has them; one that is left out is that of the other
    cluster.
    """
    acceptor, dialer = item.get("acceptor"), item.get("dialer")
    return {
        acceptor: item.get("name_at_acceptor") or dialer,
        dialer: item.get("name_at_dialer") or acceptor,
    }
