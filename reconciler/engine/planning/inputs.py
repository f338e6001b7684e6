"""What a plan is made from: declared, recorded, observed, and what is known of the servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.engine.refresh import ObservedState
from reconciler.model.block import Block
from reconciler.model.change import Change
from reconciler.model.desired import DesiredState
from reconciler.model.ignoring.rules import IgnoreRule
from reconciler.model.plan import Deferred, Mode, Selection, TakeDown
from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import Standing
from reconciler.sdk.kinds import Kind


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided about single objects, each on its own."""

    chosen: frozenset[Address]
    changes: Mapping[Address, Change]
    deferred: Mapping[Address, Deferred]


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a plan depends on. `kinds` has the rules of every type declared or recorded; `blocks` says
    which actions are known to be denied; `take_down` what may be taken down; `standings`, by provider, what
    exists on servers and decides whether they accept a write. `forgets` are recorded addresses whose records
    go while the objects stay. `decided`, if given, is not decided again: see `settling.decided`.
    `mark_objects`: objects are written for the sake of their mark, too. `ignores` are the rules in force on
    what is neither reported nor written back."""

    desired: DesiredState
    state: State
    observed: ObservedState
    kinds: Mapping[tuple[str, str], Kind]
    mode: Mode = Mode.NORMAL
    selection: Selection = field(default_factory=Selection)
    blocks: Mapping[Address, Block] = field(default_factory=dict)
    take_down: TakeDown = TakeDown.ALWAYS
    standings: Mapping[str, Standing] = field(default_factory=dict)
    forgets: frozenset[Address] = frozenset()
    decided: Decisions | None = None
    mark_objects: bool = False
    ignores: tuple[IgnoreRule, ...] = ()

    def kind(self, address: Address) -> Kind:
        """Return the rules for an address, by its provider and type."""
        return self.kinds[self.provider(address), address.type]

    def ignores_of(self, address: Address) -> tuple[IgnoreRule, ...]:
        """Return the rules about an address."""
        return tuple(rule for rule in self.ignores if rule.is_for(address)) if self.ignores else ()

    def provider(self, address: Address) -> str:
        """Return the name of the provider of a declared or recorded address."""
        return (self.desired.resources.get(address) or self.state.resources[address]).provider
