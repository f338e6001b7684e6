"""Remarks for the reader of a plan that adopts or changes an existing object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def spelling(declared: str, standing: str) -> Iterator[str]:
    """Note that the object exists under another spelling of its name."""
    if declared != standing:
        yield f'it exists as "{standing}": Consul holds one object under all spellings of a name'


def old_sources(entry: Mapping[str, Any]) -> Iterator[str]:
    """Note that a write takes from sources what only the old intentions API gives them."""
    sources = entry.get("Sources")
    listed = sources if isinstance(sources, list) else []
    old = [str(item.get("Name")) for item in listed if isinstance(item, dict) and item.get("LegacyID")]
    if old:
        shown = ", ".join(old[:3]) + (f" and {len(old) - 3} more" if len(old) > 3 else "")
        yield f"a write removes ID, metadata and times that the old intentions API gave to: {shown}"
