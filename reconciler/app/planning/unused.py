"""Ignore rules that ignore nothing, which only a look at the clusters shows."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.engine.deciding.ignoring import is_used
from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.settling import case_of
from reconciler.model.ignoring.rules import IgnoreRule
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Present


def unused(inputs: Inputs) -> Iterator[IgnoreRule]:
    """Yield the rules with an object and without any of their fields in it, declared, recorded or live.

    Where an object is absent or could not be read, or a run is narrowed, that is not known.
    """
    if inputs.selection.targets or inputs.selection.excludes:
        return
    known = {*inputs.desired.resources, *inputs.state.resources}
    for rule in inputs.ignores:
        found = sorted(address for address in known if rule.is_for(address))
        if found and not any(_may_use(inputs, address, rule) for address in found):
            yield rule


def _may_use(inputs: Inputs, address: Address, rule: IgnoreRule) -> bool:
    live = inputs.observed.objects.get(address)
    return not isinstance(live, Present) or is_used(rule, case_of(inputs, address))
