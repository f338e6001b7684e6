"""Explaining: what the catalogue says of rules. Asks no cluster and reads no configuration."""

from __future__ import annotations

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.rules.catalogue.record import Rule, find, ids, rules
from reconciler.model.failure import Cause, Failure


def rule_texts(only: str | None = None) -> list[Rule]:
    """Return all rules in the order of their groups, or the one of an id.

    Raises `Failure` for an id that no rule has.
    """
    if only is None:
        return rules()
    found = find(only)
    if found is None:
        hint = did_you_mean(only, ids())
        raise Failure(Cause.USAGE, f'there is no rule "{only}"', hint=hint or "reconciler rules lists all")
    return [found]
