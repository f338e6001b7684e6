"""What servers say, made fit to be shown: scrubbed of secrets, escaped, on one line, cut."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from reconciler.sdk.secret import MASK, Secret

LIMIT = 300  # characters of a server's text that an error carries
_SHORTEST = 4  # a shorter "secret" would mask ordinary words


def scrubbed(text: str, secrets: Iterable[Secret | None]) -> str:
    """The text with every secret masked, also where it stands quoted for a URL or in base64."""
    for secret in secrets:
        if secret is None or len(secret.reveal()) < _SHORTEST:
            continue
        for form in _forms(secret.reveal()):
            text = text.replace(form, MASK)
    return text


def _forms(value: str) -> tuple[str, ...]:
    return value, quote(value, safe=""), base64.b64encode(value.encode()).decode()


def one_line(text: str, limit: int = LIMIT) -> str:
    """The text on one line, control and direction characters escaped, at most `limit` characters long."""
    # Four times the limit is more than enough to fill it, and keeps huge bodies cheap.
    line = escaped(" ".join(text[: 4 * limit].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def escaped(text: str) -> str:
    """The text with everything that could steer a terminal or reverse reading order spelled out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(char) if _steers(char) else char for char in text)


def _steers(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _spelled(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
