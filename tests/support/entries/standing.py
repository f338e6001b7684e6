"""Entries that stand before anything is recorded: as people wrote them, and how they are declared.

`hcl` is a file for `consul config write`, `written` the same in JSON as Consul documents it, `mixed` the same
again for `PUT /v1/config` in letter cases of its writer's own. `declared` says no more and no less in other
words; `other` differs from it in one leaf, and `shown` is that difference: path, old, new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.sdk.address import Address
from tests.support import yaml_files
from tests.support.entries.corpus import Key, Raw, key_of

DATA = Path(__file__).parent / "standing.yaml"


@dataclass(frozen=True)
class Standing:
    """One such entry."""

    address: Address
    hcl: str
    written: Raw
    mixed: Raw
    declared: Raw
    other: Raw
    shown: Mapping[str, Any]

    @property
    def key(self) -> Key:
        """Kind and name."""
        return key_of(self.declared)


def standing() -> list[Standing]:
    """All of them, in an order in which they can be written."""
    items: dict[str, dict[str, Any]] = yaml_files.read(DATA.read_text())
    return [Standing(Address.parse(address), **item) for address, item in items.items()]
