"""Base64 as Go's decoder reads it: where it says that a text is none."""

from __future__ import annotations

import base64
import binascii
import re

GROUP = 4
PLAIN = re.compile(r"[A-Za-z0-9+/]*")


def decode(text: str) -> bytes:
    """Return the bytes of base64 text; raises ValueError with Go's words."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"illegal base64 data at input byte {_place(text)}") from None


def _place(text: str) -> int:
    """Return the byte that Go names: the first that is no base64, or where a group begins that is cut off."""
    found = PLAIN.match(text)
    end = found.end() if found else 0
    if end < len(text) and text[end] != "=":
        return len(text[:end].encode())
    if end < len(text) and end % GROUP >= 2:  # padding: what is wrong comes behind it
        padding = "=" * (GROUP - end % GROUP)
        return end + len(padding) if text.startswith(padding, end) else end
    return end if end < len(text) else end - end % GROUP
