"""What is inside a peering token, which is base64 of JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from reconciler.sdk.secrets.secret import Secret
from reconciler_consul.server.values import mapping


def inner_secrets(token: Secret) -> tuple[Secret, ...]:
    """Return the secret inside a peering token, which is base64 of JSON: servers may quote it in errors."""
    inner = _inside(token).get("EstablishmentSecret")
    return (Secret(inner, passing=True),) if isinstance(inner, str) else ()


def token_peer(token: Secret) -> str:
    """Return the ID of the accepting row that a peering token was made for; empty where it has none."""
    return str(_inside(token).get("PeerID") or "")


def _inside(token: Secret) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(base64.b64decode(token.reveal())))
    except (ValueError, TypeError):
        return {}
