"""Terraform's spelling of long options (`-out=FILE`, `-auto-approve`) as GNU's."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_OPTIONAL = {"--undo": "1"}  # options whose value may be left out, and what counts then
_SINGLE = re.compile(r"-([a-z][a-z-]+)(=.*)?\Z", re.DOTALL)


def normalised(argv: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the command line with every known long option in two dashes; `help CMD` becomes `CMD --help`.

    An option with an optional value gets the usual one where none follows: `--undo` is `--undo=1`.
    `known` holds long names without dashes. Nothing after `--` is touched.
    """
    words = list(argv)
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    end = words.index("--") if "--" in words else len(words)
    return _with_values([_spelled(word, known) for word in words[:end]]) + words[end:]


def _with_values(words: list[str]) -> list[str]:
    """Return the words with the usual value for an option that is given without one."""
    following = (*words[1:], "")
    return [
        f"{word}={_OPTIONAL[word]}" if word in _OPTIONAL and not after.isdigit() else word
        for word, after in zip(words, following, strict=False)
    ]


def _spelled(word: str, known: Collection[str]) -> str:
    match = _SINGLE.match(word)
    return f"-{word}" if match and match[1] in known else word
