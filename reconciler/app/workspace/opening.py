"""Workspace: where configuration, state store and providers meet. The only place that names all three."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import field

from reconciler.app.ignoring import in_force
from reconciler.app.options import Options
from reconciler.app.workspace.configuring import Configuration, claimed_place, state_place
from reconciler.app.workspace.directing import moves_asked, to_forget, without
from reconciler.app.workspace.ownership import claim
from reconciler.app.workspace.past import Past, all_clusters, as_it_was, directed, undoing_of, with_past
from reconciler.app.workspace.providing import kinds_in_play, made_providers
from reconciler.app.workspace.serials import Marks
from reconciler.app.workspace.veils import remember, veiled_desired, veiled_state
from reconciler.config.lint.applying import Lint
from reconciler.engine.deciding.moves import composed, moved, moves
from reconciler.engine.guarding.freezing import frozen
from reconciler.engine.guards import Claim
from reconciler.engine.planning.relocating import relocated
from reconciler.engine.planning.renames import renamed_clusters, under_new_names
from reconciler.engine.planning.undoing import Undoing
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
    desired = configuration.desired
    asked_for = moves_asked(desired, state)
    recorded, state = state, relocated(state, asked_for, {})
    names = renamed_clusters(desired.clusters, state)
    former, past = past, directed(past, desired, {}) if past is not None else None
    needed = without(state, to_forget(desired, state))
    clusters = all_clusters(desired, needed, past, names)
    providers = made_providers(clusters, configuration, with_past(state, past), options, names)
    try:
        kinds = kinds_in_play(desired, with_past(state, past), providers)
        state = relocated(recorded, asked_for, kinds) if asked_for else state
        undoing = undoing_of(directed(former, desired, kinds), desired, kinds) if former is not None else None
        desired = as_it_was(undoing, clusters, state) if undoing is not None else desired
        state, followed = under_new_names(state, names, kinds)
        turned = moves(desired.resources, state, kinds)
        renamed = composed(followed, turned)
        desired = veiled_desired(desired, kinds, state)
        state, exposed = veiled_state(moved(state, turned), kinds, desired)
        remember(desired, exposed)
        operator = configuration.operator
        asked = claim(
            configuration.files, desired, state, claimed_place(options, state_place(options, operator.state))
        )
        may = operator.take_down or TakeDown.ALWAYS
        gone = to_forget(desired, state)
        yield Workspace(
            desired,
            state,
            providers,
            kinds,
            renamed,
            clusters,
            names,
            asked,
            exposed,
            may,
            undoing,
            asked_for,
            gone,
            operator.mark_objects,
            _marks(configuration, options, providers),
            configuration.lint,
            operator.safety,
            options.allowed,
            frozen(operator.freezes, options.clock()) if operator.freezes else None,
            in_force(configuration.desired, options.clock()),
        )
    finally:
        for name, provider in providers.items():
            with plugin_call(name, "close"):
                await provider.close()


def _marks(configuration: Configuration, options: Options, providers: Mapping[str, Provider]) -> Marks:
    desired, operator = configuration.desired, configuration.operator
    keeping = {name: providers[one.provider] for name, one in desired.clusters.items()}
    keeping = {name: one for name, one in keeping.items() if isinstance(one, KeepsSerials)}
    place = state_place(options, operator.state).shown
    return Marks(operator.mark_clusters, options.ignore_marks, desired.name, place, keeping)
