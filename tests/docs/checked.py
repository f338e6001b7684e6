"""What the documents of the repository say, in pieces that can be checked: YAML, links, commands, options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRITTEN_BY_COMMANDS = {"conformance.md", "coverage.md", "transitions.md"}
_FENCE = re.compile(r"^( *)```(\S*)([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ +(.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """A page, and a line of it counted from 1. Shown as `docs/language.md:12`."""

    page: Path
    line: int

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, what follows on that line, and its text without the indentation."""

    place: Place
    language: str
    name: str
    text: str


def pages() -> list[Path]:
    """Return every Markdown page of the repository that people write."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    found += [*(ROOT / "examples").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")]
    return sorted(found)


def blocks(page: Path) -> Iterator[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        indent, language, name, body = found.groups()
        lines = [line.removeprefix(indent) for line in body.splitlines()]
        place = Place(page, text.count("\n", 0, found.start()) + 1)
        yield Block(place, language, name.strip(), "\n".join(lines) + "\n")


def prose(page: Path) -> str:
    """Return a page without its fenced blocks; every line keeps its number."""
    text = page.read_text(encoding="utf-8")
    return _FENCE.sub(lambda found: "\n" * found.group().count("\n"), text)


def links(page: Path) -> Iterator[tuple[Place, str]]:
    """Return the links of a page that stay in the repository."""
    for number, line in enumerate(prose(page).splitlines(), start=1):
        for target in _LINK.findall(_CODE.sub("", line)):
            if "://" not in target and not target.startswith("mailto:"):
                yield Place(page, number), target


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in _HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def command_lines(page: Path) -> Iterator[tuple[Place, list[str]]]:
    """Return every `reconciler …` of a page: in a block a line that begins so, in prose what code does."""
    for block in blocks(page):
        for number, line in enumerate(block.text.splitlines(), start=1):
            yield from _commands(Place(page, block.place.line + number), line.removeprefix("$ "))
    for number, line in enumerate(prose(page).splitlines(), start=1):
        for code in _CODE.findall(line):
            yield from _commands(Place(page, number), code)


def _commands(place: Place, line: str) -> Iterator[tuple[Place, list[str]]]:
    """Return the words of a command line, up to a pipe, a redirection or a comment."""
    if not re.match(r"reconciler (?!will\b)[-a-z]", line) or line.endswith(":"):
        return
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|><;&")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words: list[str] = []
    for word in lexer:
        if set(word) <= set("|><;&"):
            break
        words.append(word)
    yield place, words[1:]
