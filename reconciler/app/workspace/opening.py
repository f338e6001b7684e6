"""Workspace: where configuration, state store and providers meet. The only place that names all three."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import field

from reconciler.app.ignoring import in_force
from reconciler.app.options import Options
from reconciler.app.workspace.configuring import Configuration, claimed_place, state_place
from reconciler.app.workspace.directing import to_forget, without
from reconciler.app.workspace.matching import Sides, both_sides, matched
from reconciler.app.workspace.ownership import claim
from reconciler.app.workspace.past import Past
from reconciler.app.workspace.providing import kinds_in_play, made_providers
from reconciler.app.workspace.serials import Marks
from reconciler.app.workspace.veils import remember
from reconciler.config.lint.applying import Lint
from reconciler.engine.guarding.freezing import frozen
from reconciler.engine.guards import Claim
from reconciler.engine.planning.undoing import Undoing, let_go
from reconciler.model.desired import Cluster, DesiredState
from reconciler.model.guarding.freezes import Frozen
from reconciler.model.guarding.limits import Allowed
from reconciler.model.guarding.safety import SafetySettings
from reconciler.model.ignoring.rules import IgnoreRule
from reconciler.model.plan import TakeDown
from reconciler.model.state import Owner, Recorded, State
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind
from reconciler.sdk.marks.serials import KeepsSerials
from reconciler.sdk.provider import Counts, Provider


@dataclass(frozen=True, slots=True)
class Workspace:
    """Providers for a run, the rules of every kind in play, and the state under declared addresses."""

    desired: DesiredState
    state: State
    providers: Mapping[str, Provider]
    kinds: Mapping[tuple[str, str], Kind]
    renamed: Mapping[Address, Address]
    clusters: Mapping[str, Cluster]
    names: Mapping[str, str] = field(default_factory=dict)
    """Recorded name -> declared name of clusters that were renamed."""
    claim: Claim = field(default_factory=lambda: Claim(Owner()))
    """Which configuration asks for the state."""
    exposed: tuple[Recorded, ...] = ()
    """The records that are kept in clear although something in them is sensitive."""
    take_down: TakeDown = TakeDown.ALWAYS
    """Which objects a plan may take down for a while."""
    undoing: Undoing | None = None
    """The generation that the run goes back to, whose resources are then what is desired."""
    moves: Mapping[Address, Address] = field(default_factory=dict)
    """Recorded address -> address in `state`, for what the configuration calls moved."""
    forgotten: frozenset[Address] = frozenset()
    """Addresses in `state` whose records are to go while the objects stay."""
    mark_objects: bool = False
    """Whether objects are written for the sake of their mark, too."""
    marks: Marks = field(default_factory=Marks)
    """The marks of the newest state on the clusters."""
    lint: Lint = field(default_factory=Lint)
    """What the user says of rules."""
    safety: SafetySettings = field(default_factory=SafetySettings)
    """What the operator asks of safety checks."""
    allowed: Allowed = field(default_factory=Allowed)
    """What this run may do although it is over a limit."""
    frozen: Frozen | None = None
    """The freeze that is on."""
    ignores: tuple[IgnoreRule, ...] = ()
    """The rules in force on what is neither reported nor written back."""

    def kind(self, address: Address) -> Kind:
        """Return the rules for a declared or recorded address."""
        known = self.desired.resources.get(address) or self.state.resources[address]
        return self.kinds[known.provider, address.type]

    @property
    def kept(self) -> State:
        """The state without what is to be forgotten, which no cluster is asked about."""
        return without(self.state, self.forgotten)

    @property
    def requests(self) -> int:
        """Requests that the providers have made so far."""
        counting = (provider for provider in self.providers.values() if isinstance(provider, Counts))
        return sum(provider.requests for provider in counting)


@asynccontextmanager
async def open_workspace(
    configuration: Configuration, state: State, options: Options, past: Past | None = None
) -> AsyncIterator[Workspace]:
    """Make the providers for all declared clusters and those that the state still needs; close them after.

    With a `past`, what that recorded is desired instead of what is declared.
    """
    sides = both_sides(configuration.desired, state, past)
    providers = made_providers(sides.clusters, configuration, sides.in_play, options, sides.names)
    try:
        kinds = kinds_in_play(sides.declared, sides.in_play, providers)
        yield _workspace(configuration, options, providers, kinds, sides)
    finally:
        for name, provider in providers.items():
            with plugin_call(name, "close"):
                await provider.close()


def _workspace(
    configuration: Configuration,
    options: Options,
    providers: Mapping[str, Provider],
    kinds: Mapping[tuple[str, str], Kind],
    sides: Sides,
) -> Workspace:
    operator, both = configuration.operator, matched(sides, kinds)
    remember(both.desired, both.exposed)
    place = claimed_place(options, state_place(options, operator.state))
    return Workspace(
        desired=both.desired,
        state=both.state,
        providers=providers,
        kinds=kinds,
        renamed=both.renamed,
        clusters=sides.clusters,
        names=sides.names,
        claim=claim(configuration.files, both.desired, both.state, place),
        exposed=both.exposed,
        take_down=operator.take_down or TakeDown.ALWAYS,
        undoing=both.undoing,
        moves=sides.asked_for,
        forgotten=to_forget(both.desired, both.state) | let_go(both.undoing, both.state),
        mark_objects=operator.mark_objects,
        marks=_marks(configuration, options, providers),
        lint=configuration.lint,
        safety=operator.safety,
        allowed=options.allowed,
        frozen=frozen(operator.freezes, options.clock()) if operator.freezes else None,
        ignores=in_force(configuration.desired, options.clock()),
    )


def _marks(configuration: Configuration, options: Options, providers: Mapping[str, Provider]) -> Marks:
    desired, operator = configuration.desired, configuration.operator
    keeping = {name: providers[one.provider] for name, one in desired.clusters.items()}
    keeping = {name: one for name, one in keeping.items() if isinstance(one, KeepsSerials)}
    place = state_place(options, operator.state).shown
    return Marks(operator.mark_clusters, options.ignore_marks, desired.name, place, keeping)
