"""What servers say against a write before they put any chain together."""

from __future__ import annotations

from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import (
    DEFAULTS,
    EVERYWHERE,
    INGRESS,
    INTENTIONS,
    MESH,
    PERMISSIVE,
    PROVIDER,
    TERMINATING,
    providers,
)
from reconciler_consul.graph.holdings import Reader
from reconciler_consul.graph.where import Key

_OTHER_GATEWAY = {INGRESS: TERMINATING, TERMINATING: INGRESS}


def against_alone(reader: Reader, key: Key, name: str, body: Body | None) -> str:
    """Return why servers do not take it, in their words; empty where they do."""
    if body is None:
        return _provider_in_use(reader, key, name) if key.kind == PROVIDER else ""
    if key.kind in (DEFAULTS, EVERYWHERE):
        return _tls_mode(reader, key, body)
    if key.kind in _OTHER_GATEWAY:
        return _gateways(reader, key.kind, name)
    return _missing_providers(reader, body) if key.kind == INTENTIONS else ""


def _tls_mode(reader: Reader, key: Key, body: Body) -> str:
    before = reader.holdings.get(key)
    if body.get("MutualTLSMode") != PERMISSIVE or (before or {}).get("MutualTLSMode") == PERMISSIVE:
        return ""
    if (reader.get(MESH, MESH) or {}).get("AllowEnablingPermissiveMutualTLS"):
        return ""
    return (
        "cannot set MutualTLSMode=permissive because AllowEnablingPermissiveMutualTLS=false in the mesh "
        "config entry"
    )


def _gateways(reader: Reader, kind: str, name: str) -> str:
    other = _OTHER_GATEWAY[kind]
    if reader.get(other, name) is None:
        return ""
    return (
        f'cannot create a "{kind}" config entry with name "{name}", a "{other}" config entry with that name '
        "already exists"
    )


def _missing_providers(reader: Reader, body: Body) -> str:
    missing = [name for name in sorted(providers(body)) if reader.get(PROVIDER, name) is None]
    lines = "".join(
        f"\t* Referenced JWT Provider does not exist. Provider Name: {name}\n" for name in missing
    )
    count = "1 error" if len(missing) == 1 else f"{len(missing)} errors"
    return f"{count} occurred:\n{lines}\n" if missing else ""


def _provider_in_use(reader: Reader, key: Key, name: str) -> str:
    shelf = reader.holdings.shelf(key.place)
    against = ""
    for _, low in sorted(shelf.relying.get(key.name, ())):
        body = reader.get(INTENTIONS, low)
        if body is not None and name in providers(body) and not against:
            against = (
                "cannot delete jwt provider config entry referenced by an intention. Provider name: "
                f"{name}, intention name: {shelf.name(INTENTIONS, low)}"
            )
    return against
