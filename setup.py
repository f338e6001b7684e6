"""What pyproject.toml cannot say: the description for an index page, which has no files beside it."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_NOTE = "Paths such as `docs/language.md` are those of the source archive.\n"


def description(readme: str) -> str:
    """Return README.md for an index page: links to files are written as paths, links within the page as text.

    Links to the web stay; code blocks have none.
    """
    parts = re.split(r"(```.*?```)", readme, flags=re.DOTALL)
    parts[::2] = [_LINK.sub(_written, part) for part in parts[::2]]
    return f"{''.join(parts).rstrip()}\n\n{_NOTE}"


def _written(link: re.Match[str]) -> str:
    text, target = link.groups()
    if "://" in target:
        return link[0]
    path = target.partition("#")[0].rstrip("/")
    if not path or text.strip("`").rstrip("/") == path:
        return text
    return f"{text} (`{path}`)"


if __name__ == "__main__":
    text = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    setup(long_description=description(text), long_description_content_type="text/markdown")
