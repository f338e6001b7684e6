"""Options whose values belong together in pairs: `--format markdown --output comment.md`."""

from __future__ import annotations

from collections.abc import Sequence

PAIRED = ":"  # between the number of a format and its file


def paired(words: Sequence[str]) -> list[str]:
    """Return a command line in which each `--output FILE` has the number of the `--format` before it.

    The parser keeps the values of each option apart, and so loses which belong together.
    """
    out: list[str] = []
    formats, rest = 0, list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            return [*out, word, *rest]
        if name == "--output" and (equals or rest):
            out.append(f"--output={formats - 1}{PAIRED}{value if equals else rest.pop(0)}")
            continue
        formats += name == "--format"
        out.append(word)
        if name == "--format" and not equals and rest:
            out.append(rest.pop(0))
    return out
