"""One self-contained HTML page: style, script and data are in it, and it may load nothing.

The data is JSON inside the page; names in it are shown as text by the script. The policy of the page lets
only this one script run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from reconciler.sdk.text import escaped


def html_page(title: str, *, body: str, styles: list[str], script: str, data: Any) -> str:
    """Return a page. `body` is HTML; `styles` and `script` are CSS and JavaScript; `data` is what the script
    reads from the element `data`.
    """
    style = "\n".join(styles)
    rules = f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{rules}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n"
        f'<script type="application/json" id="data">{_embedded(data)}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def text(value: str) -> str:
    """Return a text for HTML: markup in it is shown, and what could reverse reading order spelled out."""
    return escape(escaped(value))


@cache
def asset(package: str, name: str) -> str:
    """Return a style or script that is a file of this package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _digest(source: str) -> str:
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _embedded(data: Any) -> str:
    """Return JSON that cannot end the element that it is in."""
    shown = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return shown.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
