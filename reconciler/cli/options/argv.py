"""Terraform's spelling of long options (`-out=FILE`, `-auto-approve`) as GNU's."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_SINGLE = re.compile(r"-([a-z][a-z-]+)(=.*)?\Z", re.DOTALL)


def normalised(argv: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the command line with every known long option in two dashes; `help CMD` becomes `CMD --help`.

    `known` holds long names without dashes. Nothing after `--` is touched.
    """
    words = list(argv)
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    end = words.index("--") if "--" in words else len(words)
    return [_spelled(word, known) for word in words[:end]] + words[end:]


def _spelled(word: str, known: Collection[str]) -> str:
    match = _SINGLE.match(word)
    return f"-{word}" if match and match[1] in known else word
