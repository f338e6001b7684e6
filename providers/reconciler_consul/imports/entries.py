"""The config entries of one cluster that bear on imports: as recorded or declared, or as listed live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body
from reconciler_consul.kinds.names import entry_ref

EXPORTS = "exported-services"
RESOLVER, SPLITTER, ROUTER = "service-resolver", "service-splitter", "service-router"
DEFAULTS, GLOBAL = "service-defaults", "proxy-defaults"
KINDS = (EXPORTS, RESOLVER, SPLITTER, ROUTER, DEFAULTS, GLOBAL)

_NOT_ENTRIES = ("peering", "acl_policy")


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries by kind and name. `partial`: kinds of which the cluster may have more than are here."""

    by_kind: Mapping[str, Mapping[str, Body]] = field(default_factory=dict)
    partial: frozenset[str] = frozenset(KINDS)

    def of(self, kind: str) -> Mapping[str, Body]:
        """Return all entries of a kind, by name."""
        return self.by_kind.get(kind, {})

    def get(self, kind: str, name: str) -> Body | None:
        """Return one entry, or `None` where it is not among these."""
        return self.of(kind).get(name)

    def is_complete(self, *kinds: str) -> bool:
        """Say whether an entry of these kinds that is missing here certainly does not exist."""
        return self.partial.isdisjoint(kinds)


NONE = Entries()


def from_bodies(bodies: Mapping[Address, Body]) -> dict[str, Entries]:
    """Return the entries of each cluster as far as this configuration has them: others may own more."""
    found: dict[str, dict[str, dict[str, Body]]] = {}
    for address, body in bodies.items():
        if address.type in _NOT_ENTRIES:
            continue
        kind, name = entry_ref(address)
        found.setdefault(address.cluster, {}).setdefault(kind, {})[name] = body
    return {cluster: Entries(kinds) for cluster, kinds in found.items()}


def items(value: Any) -> Iterator[Mapping[str, Any]]:
    """Return the objects in a list; none where it is not a list."""
    listed: Iterable[Any] = value if isinstance(value, list | tuple) else ()
    return (item for item in listed if isinstance(item, Mapping))


def struct(value: Any) -> Mapping[str, Any]:
    """Return the value if it is an object, otherwise an empty one."""
    return value if isinstance(value, Mapping) else {}
