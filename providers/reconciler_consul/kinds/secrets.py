"""Which values of config entries are secret, where the same field may hold something public."""

from __future__ import annotations

import base64
import json
from typing import Any

# A JSON Web Key is secret where it is symmetric (`k`) or has the private part of a pair.
_SECRET_MEMBERS = frozenset({"k", "d", "p", "q", "dp", "dq", "qi", "oth"})


def is_private_key(value: Any) -> bool:
    """Say whether `PrivateKey` holds the key itself: a `file-system-certificate` has the path of a file
    there.
    """
    return not (isinstance(value, str) and value.startswith("/") and "\n" not in value)


def is_secret_key_set(value: Any) -> bool:
    """Say whether a `JWKS` holds a symmetric or private key. A set of public keys is shown: its reader has to
    see who may sign. What cannot be read is taken for secret.
    """
    keys = _keys(value)
    return keys is None or any(key.get("kty") == "oct" or _SECRET_MEMBERS & key.keys() for key in keys)


def _keys(value: Any) -> list[dict[str, Any]] | None:
    """Return the keys of a set as Consul takes it: base64 of its JSON; `None` for anything else."""
    try:
        read = json.loads(base64.b64decode(value, validate=True))
        keys = read["keys"]
    except (TypeError, ValueError, KeyError, RecursionError):
        return None
    fit = isinstance(keys, list) and all(isinstance(key, dict) for key in keys)
    return keys if fit and keys else None
