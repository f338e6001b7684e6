"""Cutting a long document: the least important parts go first, and it says what went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from reconciler.render.text.lines import count
from reconciler.sdk.dataclass import dataclass

NEVER = 0  # the weight of what is not left out
_NOTE = 600  # characters kept for the note


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a document. The heavier, the sooner it is left out. `noun` is what one such part is."""

    text: str
    weight: int = NEVER
    noun: str = ""
    note: bool = False  # where the note about what was left out goes


def size(text: str) -> int:
    """Return a text's length as hosts count it, at most: in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(parts: Sequence[Part], limit: int, unit: str = "characters") -> str:
    """Return the parts as one text of at most `limit` characters, with a note about what was left out."""
    whole = "".join(part.text for part in parts)
    if size(whole) <= limit:
        return whole
    gone = _gone(parts, size(whole) - (limit - _NOTE))
    out = [_noted(part, parts, gone, limit, unit) for number, part in enumerate(parts) if number not in gone]
    return _hard("".join(out), limit)


def _gone(parts: Sequence[Part], excess: int) -> set[int]:
    order = sorted(range(len(parts)), key=lambda number: (-parts[number].weight, -number))
    gone: set[int] = set()
    for number in order:
        if excess <= 0 or parts[number].weight == NEVER:
            break
        gone.add(number)
        excess -= size(parts[number].text)
    return gone


def _noted(part: Part, parts: Sequence[Part], gone: Iterable[int], limit: int, unit: str) -> str:
    if not part.note:
        return part.text
    counts = Counter(parts[number].noun for number in gone if parts[number].noun)
    nouns = ", ".join(count(number, noun) for noun, number in sorted(counts.items()))
    left = f"Left out: {nouns or 'the rest'}; the JSON document has all of it."
    return f"{part.text}> Cut to {limit:,} {unit}. {left}\n\n"


def _hard(text: str, limit: int) -> str:
    """Return a text that is too long all the same, cut at the end of a line."""
    if size(text) <= limit:
        return text
    short = text[: max(limit - 100, 0)]
    while size(short) > limit - 100:
        short = short[:-100]
    return short[: short.rfind("\n") + 1]
