"""What a server says by refusing to list something: what it cannot have, it has not."""

from __future__ import annotations

from reconciler.sdk.errors import NotSupported, ProviderError
from reconciler_consul.server.entry_capabilities import Server, kind_is_missing
from reconciler_consul.server.values import Identity


def certainly_absent(error: ProviderError, identity: Identity | ProviderError | None, kind: str = "") -> bool:
    """Say whether a list that was refused is known to be empty: of a kind newer than the server, or in a
    partition or namespace of Community Edition.

    So what is declared there is planned, and then blocked with the reason (`checks`), instead of left
    undecided with the server's words.
    """
    if not isinstance(error, NotSupported) or not isinstance(identity, Identity):
        return False
    server = Server.of(identity.info)
    if "Consul Enterprise feature" in error.message:
        return server.community
    return "invalid config entry kind" in error.message and kind_is_missing(kind, server)
