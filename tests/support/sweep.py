"""The sweep: every spelling of a canary, looked for in whatever came out of a run."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

import yaml

_LINE = 16  # characters: shorter lines of a key are not its own


def spellings(canary: str) -> dict[str, bytes]:
    """A canary as it could be written down, by the name of the way: plain, in base64 at each alignment, in
    hex, escaped for JSON, YAML, Python and URLs, and line by line."""
    data = canary.encode()
    found = {
        "plain": data,
        "hex": data.hex().encode(),
        "HEX": data.hex().upper().encode(),
        "JSON": json.dumps(canary)[1:-1].encode(),
        "JSON twice": json.dumps(json.dumps(canary)[1:-1])[1:-1].encode(),
        "YAML": yaml.safe_dump(canary, default_style='"', width=10**6).strip()[1:-1].encode(),
        "Python": repr(canary)[1:-1].encode(),
        "URL": quote(canary, safe="").encode(),
        "form": quote_plus(canary).encode(),
    }
    for lead in range(3):
        whole = base64.b64encode(b"\0" * lead + data)
        inner = whole[4 if lead else 0 : -4]  # the ends depend on the characters beside
        found[f"base64+{lead}"] = inner
        found[f"base64url+{lead}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    lines = [line.strip() for line in canary.splitlines()]
    for number, line in enumerate(lines if len(lines) > 1 else ()):
        if len(line) >= _LINE and not line.startswith("-----"):
            found[f"line {number}"] = line.encode()
            found[f"line {number} in base64"] = base64.b64encode(line.encode())[:-4]
    return {name: form for name, form in found.items() if form}


def leaks(canaries: Iterable[str], texts: Mapping[str, bytes]) -> list[str]:
    """Where a canary came out, and how it is written there."""
    return [
        f"{where}: {canary[:40]!r} as {name}"
        for canary in canaries
        for name, form in spellings(canary).items()
        for where, text in texts.items()
        if form in text
    ]
