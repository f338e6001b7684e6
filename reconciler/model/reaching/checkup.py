"""What is wrong with clusters that are up and do not work together: the findings of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from reconciler.model.access import WorldSource, on_cluster
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.access.answer import Origin
from reconciler.sdk.access.diagnosis import Diagnosis, Severity
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Checkup:
    """The findings, the worst first, and the world that they are about.

    selected   what was asked about, in words; empty: everything
    passed     how many findings are about something else
    file       the snapshot file; `taken_at` (ISO 8601, UTC; empty: not known) is when the world was read
    unknown    why a part of the world is not known, by cluster
    place_of   the place of an origin, for people
    """

    findings: tuple[Diagnosis, ...]
    clusters: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    passed: int = 0
    source: WorldSource = WorldSource.LIVE
    file: str = ""
    taken_at: str = ""
    unknown: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    place_of: Callable[[Origin], str] = field(default=on_cluster, compare=False)

    def count(self, severity: Severity) -> int:
        """Return how many findings have a severity."""
        return sum(one.severity is severity for one in self.findings)

    def at(self, one: Diagnosis) -> str | None:
        """Return the place of a finding, or `None` where it has none."""
        return self.place_of(one.origin) if one.origin is not None else None
