"""The counts of a run, from how it ended."""

from __future__ import annotations

from reconciler.model.auditing.entry import Counts
from reconciler.model.event import Outcome


def counts_of(outcome: Outcome) -> Counts:
    """Return how many objects were added, changed, …"""
    return Counts(
        outcome.added,
        outcome.changed,
        outcome.destroyed,
        outcome.adopted,
        len(outcome.failed),
        len(outcome.skipped),
        len(outcome.unconfirmed),
    )
