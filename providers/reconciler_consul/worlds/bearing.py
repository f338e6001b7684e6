"""Whether a change of one object can change who may call whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import (
    CHAIN_KINDS,
    DEFAULTS,
    EVERYWHERE,
    EXPORTS,
    INTENTIONS,
    MESH,
    PROVIDER,
)
from reconciler_consul.kinds.names import entry_ref
from reconciler_consul.worlds.written import NOT_IN_WORLDS, PEERING

# The kinds that decide access, and the fields of each that do, where others do not (`None`: all but Meta).
_DECIDING: Mapping[str, frozenset[str] | None] = {
    **dict.fromkeys((*CHAIN_KINDS, EXPORTS, INTENTIONS, MESH, PROVIDER)),
    DEFAULTS: frozenset({"Protocol", "ExternalSNI", "MeshGateway", "UpstreamConfig", "Destination"}),
    EVERYWHERE: frozenset({"Config", "MeshGateway"}),
}
_SAYS_NOTHING = "Meta"


def bears(address: Address, before: Body | None, after: Body | None) -> bool:
    """Say whether access may differ where an object is `after` in place of `before` (`None`: absent)."""
    if address.type == PEERING:
        return True
    if address.type in NOT_IN_WORLDS:
        return False
    kind, _ = entry_ref(address)
    if kind not in _DECIDING:
        return False
    if before is None or after is None:
        return True
    fields = _DECIDING[kind]
    return any(fields is None or name in fields for name in _differing(before, after))


def _differing(before: Body, after: Body) -> set[str]:
    """Return the fields of the first level that differ."""
    names = before.keys() | after.keys()
    return {name for name in names if name != _SAYS_NOTHING and before.get(name) != after.get(name)}
