"""One item of drift: what differs, where, and what kind of difference it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import field
from typing import Any

from reconciler.model.diagnostic import Position
from reconciler.model.ignoring.classes import DriftClass
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Contacts
from reconciler.sdk.secrets.sensitive import masked


@dataclass(frozen=True, slots=True)
class DriftItem:
    """One difference. `path` leads to the part of the object (empty: the whole object), keyed items by their
    key's text; `old` is what was recorded, `new` what is live (`None`: not there).

    `because` says in a sentence what is known; `at` is where the object is declared; `who` says which run it
    was changed after (empty: not known); `versions` are the object's as it was recorded and as it is now
    (`None`: not both are known). `contacts` are the times that the ends of an unhealthy link say.
    `rule` is a stable word for the kind of finding.
    `is_new`: it was not in the baseline; `None` where there is none.
    """

    kind: DriftClass
    address: Address
    path: tuple[str | int, ...] = ()
    old: Any = None
    new: Any = None
    because: str = ""
    at: Position | None = None
    who: str = ""
    versions: tuple[int, int] | None = None
    contacts: Contacts = field(default_factory=dict)
    rule: str = ""
    is_new: bool | None = None

    @property
    def id(self) -> str:
        """What identifies it over runs: 16 hex digits of a digest of its class, address, rule and path."""
        parts = (self.kind.value, str(self.address), self.rule, *map(str, self.path))
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def value_digest(self) -> str:
        """A digest of the live value, as far as it is shown: what was changed once more is new again."""
        shown = json.dumps(masked(self.new), sort_keys=True, default=str)
        return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()[:16]
