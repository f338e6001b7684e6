"""Names inside DOT and Mermaid: text there, never syntax."""

from __future__ import annotations

from reconciler.sdk.text import escaped


def dot(*lines: str) -> str:
    """Return lines of text as one quoted string of DOT."""
    shown = [escaped(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines if line]
    return '"' + "\\n".join(shown) + '"'


def mermaid(*lines: str) -> str:
    """Return lines of text as one quoted string of Mermaid."""
    return '"' + "<br/>".join(_entities(escaped(line)) for line in lines if line) + '"'


def _entities(line: str) -> str:
    signs = {sign: f"#{ord(sign)};" for sign in '#"<>&`'}
    return "".join(signs.get(sign, sign) for sign in line)
