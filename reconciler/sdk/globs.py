"""Globs for addresses: the one rule for what a pattern matches, wherever one may be written.

A pattern is always a glob, regardless of what exists: `*` is any text, `?` any character, `[ab]` one of
these. So `[*]` is a star and nothing else.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from reconciler.sdk.address import Address

_SPECIAL = re.compile(r"[*?[]")


def matches(glob: str, text: str) -> bool:
    """Say whether a pattern matches the text of an address.

    >>> matches("service_intentions.dc1/[*]", "service_intentions.dc1/*")
    True
    """
    return text == glob or fnmatchcase(text, glob)


def is_pattern(glob: str) -> bool:
    """Say whether a glob may match anything but its own text."""
    return _SPECIAL.search(glob) is not None


def exactly(address: Address) -> str:
    """Return the pattern that matches this address and no other, even if it does not exist: for printed
    commands.

    >>> exactly(Address("service_intentions", "dc1", "*"))
    'service_intentions.dc1/[*]'
    """
    return _SPECIAL.sub(r"[\g<0>]", str(address))
