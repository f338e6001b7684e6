"""Names inside DOT and Mermaid: text there, never syntax."""

from __future__ import annotations

from reconciler.sdk.text import escaped


def dot(*lines: str) -> str:
    """Return lines of text as one quoted string of DOT. Graphviz reads entities of HTML there, too."""
    signs = {"\\": "\\\\", '"': '\\"', "&": "&amp;"}
    shown = ["".join(signs.get(sign, sign) for sign in escaped(line)) for line in lines if line]
    return '"' + "\\n".join(shown) + '"'


def mermaid(*lines: str) -> str:
    """Return lines of text as one quoted string of Mermaid."""
    return '"' + "<br/>".join(_entities(escaped(line)) for line in lines if line) + '"'


def _entities(line: str) -> str:
    signs = {sign: f"#{ord(sign)};" for sign in '#"<>&`%'}  # %%: a comment, also within quotes
    return "".join(signs.get(sign, sign) for sign in line)
