"""What servers say, made fit to be shown: scrubbed of secrets, escaped, on one line, cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from reconciler.sdk.secrets.quoting import quoted
from reconciler.sdk.secrets.scrub import MASK
from reconciler.sdk.secrets.secret import Secret
from reconciler.sdk.secrets.spellings import spellings

LIMIT = 300  # characters of a server's text that an error carries
_SLACK = 4096  # characters read beyond what is shown, so that a cut leaves no part of a secret
_SHORTEST = 4  # a shorter "secret" would mask ordinary words


def said(body: bytes, secrets: Iterable[Secret | None], limit: int) -> str:
    """Return the text of a server's answer without secrets, at most `limit` characters of it.

    `secrets` are those that the request carried: they are masked also where they are short.
    """
    text = quoted(body[: limit + _SLACK].decode("utf-8", "replace"))
    for secret in secrets:
        if secret is not None and len(secret.reveal()) >= _SHORTEST:
            for form in (form for form in spellings(secret.reveal()) if len(form) >= _SHORTEST):
                text = re.sub(re.escape(form), MASK, text, flags=re.IGNORECASE)
    return text[:limit]


def one_line(text: str, limit: int = LIMIT) -> str:
    """Return the text on one line, without secrets, control and direction characters escaped, at most `limit`
    characters long.
    """
    # Four times the limit is more than enough to fill it, and keeps huge bodies cheap.
    shown = quoted(text[: 4 * limit + _SLACK])
    line = escaped(" ".join(shown[: 4 * limit].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def escaped(text: str) -> str:
    """Return the text with everything that could steer a terminal or reverse reading order spelled out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(char) if _steers(char) else char for char in text)


def _steers(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _spelled(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
