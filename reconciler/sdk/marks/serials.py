"""What a provider offers besides where its clusters can keep a small mark: which state they saw last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol, runtime_checkable

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError


@dataclass(frozen=True, slots=True)
class SerialMark:
    """The newest state that a cluster has seen: its lineage and serial, when it was saved (UTC), and the
    name of its configuration (empty: it has none). Holds no secret.
    """

    lineage: str
    serial: int
    at: str = ""
    configuration: str = ""


@dataclass(frozen=True, slots=True)
class SeenMarks:
    """The marks of each cluster that could be read, and why the others could not."""

    marks: Mapping[str, tuple[SerialMark, ...]] = field(default_factory=dict)
    problems: Mapping[str, ProviderError] = field(default_factory=dict)


@runtime_checkable
class KeepsSerials(Protocol):
    """A provider whose clusters keep marks."""

    def mark_rules(self, *, read_only: bool = False) -> Mapping[str, str]:
        """Return the rule of each cluster's policy that marks take; `read_only`: that reading them takes."""
        ...

    async def serial_marks(self, lineage: str | None) -> SeenMarks:
        """Return the marks that each cluster keeps of this lineage; with `None`, of every lineage."""
        ...

    async def mark_serial(self, cluster: str, mark: SerialMark) -> None:
        """Have a cluster keep this mark in place of the one that was read of its lineage. Raises
        `ProviderError`; `Conflict` where another run marked it since.
        """
        ...
