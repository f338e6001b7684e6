"""Commands for people to run, as messages print them."""

from __future__ import annotations

import shlex


def command(*words: object) -> str:
    """Return a command line for a shell, quoted where that is needed."""
    return shlex.join(map(str, words))
