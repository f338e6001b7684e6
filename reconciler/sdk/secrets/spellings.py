"""The ways in which a secret may be written: what a server, a library or an encoder makes of it.

Everything here is in lower case, and what is searched is lowered too: that covers other letter cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SHORTEST = 8  # characters: a shorter secret is an ordinary word somewhere
WIDE = 24  # characters in a row that no two texts have in common by chance
LONGEST = 4096  # characters up to which odd spellings are looked for
LONG = 200  # characters from which a secret is recognised by long parts only
_LINE = 12  # characters: shorter lines of a text reveal nothing
_LINES = 200  # lines of a text that are looked for one by one
_TOKEN = re.compile(r"[\w.+/=~-]+", re.ASCII)


def pieces(secret: str) -> Iterator[tuple[str, int]]:
    """Yield what to look for, and how many characters in a row give it away: a secret, and the lines of a
    text.
    """
    yield secret, width(secret)
    lines = [line.strip() for line in secret.splitlines()]
    if 1 < len(lines) <= _LINES:
        yield from ((line, WIDE) for line in lines if len(line) >= _LINE and not line.startswith("-----"))


def width(secret: str) -> int:
    """Return how many characters in a row of this secret are no coincidence: few of a random one, more of
    words.
    """
    if len(secret) > LONG or "\n" in secret:
        return WIDE
    return SHORTEST if _is_random(secret) else 12


def _is_random(text: str) -> bool:
    digits = sum(map(str.isdigit, text))
    upper, lower = sum(map(str.isupper, text)), sum(map(str.islower, text))
    return _TOKEN.fullmatch(text) is not None and (
        5 * digits >= len(text) or (digits > 1 and upper > 2 and lower > 2)
    )


def spellings(secret: str) -> list[str]:
    """Return every way to write a secret that is looked for, each once; plain first.

    >>> spellings("Pässword")[:2]
    ['pässword', 'p%c3%a4ssword']
    """
    found = [*_plain(secret), *_base64(secret.encode()), secret.encode().hex()]
    return list(dict.fromkeys(text.lower() for text in found))


def odd_spellings(secret: str) -> list[str]:
    """Return the spellings that are written only to hide a secret."""
    return [text.lower() for text in _odd(secret)] if len(secret) <= LONGEST else []


def _plain(secret: str) -> Iterator[str]:
    """Yield the secret as it is, and as URLs, JSON, Python, HTML and terminals have it."""
    import json
    from html import escape
    from urllib.parse import quote

    yield secret
    yield quote(secret, safe="")
    for ascii_only in (True, False):
        yield json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
    yield secret.encode("unicode_escape").decode()
    yield repr(secret.encode())[2:-1]
    yield escape(secret)
    if "\n" in secret:
        yield " ".join(secret.split())


def _base64(data: bytes) -> Iterator[str]:
    """Yield base64 of a text that has it at any place: the ends of an inner one depend on its neighbours."""
    import base64

    for lead in range(3):
        whole = base64.b64encode(b"\0" * lead + data).decode()
        inner = whole[4:-4] if lead else whole.rstrip("=")
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


def _odd(secret: str) -> Iterator[str]:
    import base64

    data = secret.encode()
    yield secret[::-1]
    yield base64.b32encode(data).decode().rstrip("=")
    for between in " :-":
        yield between.join(f"{byte:02x}" for byte in data)
    for form in ("%{:02x}", "\\x{:02x}"):
        yield "".join(form.format(byte) for byte in data)
    for form in ("\\u{:04x}", "&#{};", "&#x{:x};"):
        yield "".join(form.format(ord(char)) for char in secret)
