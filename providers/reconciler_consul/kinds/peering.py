"""Peerings as a kind: one resource for both ends."""

from __future__ import annotations

from reconciler.sdk.kinds import Kind
from reconciler_consul.kinds.fields import MAP, struct

PEERING = Kind(
    "peering",
    rank=20,
    mark="Meta",
    title="peering",
    rule=struct("Acceptor Dialer ServerExternalAddresses*", Names=MAP, Meta=MAP),
    # A row cannot be renamed: another name is another peering.
    replaces=frozenset({"Names"}),
    # Roles cannot be switched in place and mean nothing to an existing link; Consul ignores a changed
    # Meta on an existing acceptor and never gives the addresses back.
    frozen=frozenset({"Acceptor", "Dialer", "Meta", "ServerExternalAddresses"}),
    repeatable=False,
    symmetric=True,
    cluster_fields=frozenset({"Acceptor", "Dialer", "Names"}),
    rotates=True,
)
