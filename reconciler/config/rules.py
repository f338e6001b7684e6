"""Rules: checks across the whole configuration. Each is a function that yields diagnostics."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.config.drafts import Drafts
from reconciler.config.links import Links
from reconciler.model.diagnostic import Diagnostic


def check(drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Every problem of the drafts."""
    yield from ()
