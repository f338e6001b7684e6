"""Casing: snake_case fields of the language -> Consul's own names (`tls_min_version` -> `TLSMinVersion`)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_ACRONYMS = {
    "tls": "TLS",
    "http": "HTTP",
    "jwt": "JWT",
    "sni": "SNI",
    "ip": "IP",
    "json": "JSON",
    "ttl": "TTL",
}
# Values below these are free maps or texts: their keys are the user's, not Consul's.
_OPAQUE = frozenset({"meta", "config", "arguments", "add", "set"})


@lru_cache(maxsize=1024)
def consul_name(key: str) -> str:
    """Return one field's name in Consul's form."""
    return "".join(_ACRONYMS.get(part, part[:1].upper() + part[1:]) for part in key.split("_"))


def to_consul(value: Any) -> Any:
    """Return a value with all field names in Consul's form. Free maps are left as they are; `None` is
    absence.
    """
    if isinstance(value, dict):
        return {
            consul_name(key): entry if key in _OPAQUE else to_consul(entry)
            for key, entry in value.items()
            if entry is not None
        }
    if isinstance(value, list):
        return [to_consul(entry) for entry in value]
    return value
