"""Workspace: where configuration, state store and providers meet. The only place that names all three."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import field

from reconciler import registry
from reconciler.app.options import Options
from reconciler.app.workspace.binding import Unbound, together
from reconciler.app.workspace.credentials import cluster_config, ignored_token
from reconciler.app.workspace.directing import moves_asked, to_forget, without
from reconciler.app.workspace.ownership import ClaimedPlace, claim
from reconciler.app.workspace.past import Past, all_clusters, as_it_was, directed, undoing_of, with_past
from reconciler.app.workspace.serials import Marks
from reconciler.app.workspace.veils import remember, veiled_desired, veiled_state
from reconciler.config.drafts.declared_places import DeclaredPlaces
from reconciler.config.lint.applying import Lint
from reconciler.config.load import Loaded, load
from reconciler.config.operator import OperatorSettings
from reconciler.config.text.declarations import Given
from reconciler.engine.deciding.moves import composed, moved, moves
from reconciler.engine.guards import Claim
from reconciler.engine.planning.relocating import relocated
from reconciler.engine.planning.renames import renamed_clusters, under_new_names
from reconciler.engine.planning.undoing import Undoing
from reconciler.model.desired import Cluster, DesiredState
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import TakeDown
from reconciler.model.state import Owner, Recorded, RecordedCluster, State
from reconciler.model.state_place import ConsulPlace, LocalPlace, StatePlace
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind
from reconciler.sdk.marks.serials import KeepsSerials
from reconciler.sdk.provider import ClusterConfig, Counts, Provider, Settings
from reconciler.statestore.factory import open_store
from reconciler.statestore.ports import StateStore

DEFAULT_PARALLELISM = 10


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration without errors. `warnings` are its other diagnostics, `files` those that were read.

    `given` are the values of declared variables that came from outside, `operator` is `reconciler.yaml`,
    `places` is where everything is declared, if that was asked for.
    """

    desired: DesiredState
    warnings: tuple[Diagnostic, ...]
    files: tuple[str, ...]
    given: tuple[Given, ...]
    operator: OperatorSettings
    places: DeclaredPlaces | None = None
    lint: Lint = field(default_factory=Lint)
    """What the user says of rules."""


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

    @property
    def kept(self) -> State:
        """The state without what is to be forgotten, which no cluster is asked about."""
        return without(self.state, self.forgotten)

    @property
    def requests(self) -> int:
        """Requests that the providers have made so far."""
        counting = (provider for provider in self.providers.values() if isinstance(provider, Counts))
        return sum(provider.requests for provider in counting)


def read_configuration(options: Options, *, keep_places: bool = False) -> Configuration:
    """Load and check the configuration. Raises `Failure` carrying every problem where there is an error."""
    loaded = load(
        options.root,
        options.paths,
        options.variables,
        options.ambient,
        registry.described,
        keep_places=keep_places,
    )
    errors = [item for item in loaded.diagnostics if item.is_error]
    if errors or loaded.desired is None:
        count = f"{len(errors)} error{'s' if len(errors) != 1 else ''}"
        raise Failure(
            Cause.CONFIGURATION, f"the configuration has {count}", diagnostics=tuple(loaded.diagnostics)
        )
    configuration = configured(loaded, loaded.desired, options)
    _check_warnings(loaded.operator, configuration.warnings)
    return configuration


def configured(loaded: Loaded, desired: DesiredState, options: Options) -> Configuration:
    """Return what was read without an error, with the warnings about its surroundings. Raises `Failure`
    where what the operator asks for is not declared.
    """
    check_named(loaded.operator, desired)
    ignored = ignored_token(desired.clusters, loaded.operator.credentials, options.environ)
    in_consul = isinstance(state_place(options, loaded.operator.state), ConsulPlace)  # that token is its own
    warnings = (*loaded.diagnostics, *(() if in_consul else loaded.lint.applied(ignored)))
    return Configuration(
        desired, warnings, loaded.files, loaded.given, loaded.operator, loaded.places, loaded.lint
    )


def _check_warnings(operator: OperatorSettings, warnings: tuple[Diagnostic, ...]) -> None:
    """Raise `Failure` where `reconciler.yaml` says that warnings stop a run, or that one of these does."""
    count = f"{len(warnings)} warning{'s' if len(warnings) != 1 else ''}"
    if warnings and operator.lint.fail_on_warning:
        summary = f"the configuration has {count}, and lint.fail_on is warning"
        raise Failure(Cause.CONFIGURATION, summary, diagnostics=warnings)
    if any(item.is_error for item in warnings):
        raise Failure(Cause.CONFIGURATION, "the environment has 1 error", diagnostics=warnings)


def check_named(operator: OperatorSettings, desired: DesiredState) -> None:
    """Raise `Failure` where objects are to be marked with a name that the configuration does not have."""
    if operator.mark_objects and desired.name is None:
        raise Failure(
            Cause.CONFIGURATION,
            "mark_objects is set in reconciler.yaml, and the configuration has no name",
            detail="What objects carry in their Meta is the name of their configuration.",
            hint="give it one: name: NAME",
        )


def store(options: Options, configured: StatePlace | None) -> StateStore:
    """Return the state store at `state_place`. Raises `Failure` where its backend cannot be used."""
    return open_store(
        state_place(options, configured),
        lock_timeout=options.lock_timeout,
        root=options.root,
        environ=options.environ,
    )


def state_place(options: Options, configured: StatePlace | None) -> StatePlace:
    """Return where the state is kept: in the directory `--state`, else where `reconciler.yaml` says, else in
    the directory `state`.
    """
    if options.state_path is not None:
        return LocalPlace(str(options.state_path))
    return configured or LocalPlace()


def claimed_place(options: Options, place: StatePlace) -> ClaimedPlace:
    """Return the place that owners of the state are compared at: see `ownership`."""
    if isinstance(place, LocalPlace):
        directory = options.root / place.path
        return ClaimedPlace(str(directory), directory)
    return ClaimedPlace(place.shown, options.root, "the configuration")


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
    providers = _providers(clusters, configuration, with_past(state, past), options, names)
    try:
        kinds = _kinds(desired, with_past(state, past), providers)
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


def _providers(
    clusters: Mapping[str, Cluster],
    configuration: Configuration,
    state: State,
    options: Options,
    names: Mapping[str, str],
) -> dict[str, Provider]:
    operator = configuration.operator
    settings = Settings(
        parallelism=options.parallelism or operator.parallelism or DEFAULT_PARALLELISM,
        transports=options.transports,
        awaiting=options.awaiting,
    )
    grouped: dict[str, dict[str, Cluster]] = {}
    seen = {**state.clusters, **{new: state.clusters[old] for old, new in names.items()}}
    for name, cluster in clusters.items():
        grouped.setdefault(cluster.provider, {})[name] = cluster
    configs = _configs(clusters, operator, seen, options)
    made = {}
    for provider, members in grouped.items():
        factory = registry.find(provider)
        with plugin_call(provider, "its factory"):
            made[provider] = factory({name: configs[name] for name in members}, settings)
    return made


def _configs(
    clusters: Mapping[str, Cluster],
    operator: OperatorSettings,
    seen: Mapping[str, RecordedCluster],
    options: Options,
) -> dict[str, ClusterConfig]:
    """Return how to reach each cluster. Raises one `Failure` for all whose tokens are bound to no address."""
    out, unbound = {}, []
    for name, cluster in clusters.items():
        known = seen[name].address if name in seen else None
        credential = operator.credentials.get(name)
        try:
            out[name] = cluster_config(
                cluster, credential, options.environ, options.root, known, operator.strict_credentials
            )
        except Unbound as failure:
            unbound.append(failure)
    if unbound:
        raise together(unbound)
    return out


def _kinds(
    desired: DesiredState, state: State, providers: Mapping[str, Provider]
) -> dict[tuple[str, str], Kind]:
    """Return the rules of every type in play. Raises `Failure` for a type that its provider does not handle;
    not of what is to be forgotten, whose provider may be gone.
    """
    gone = to_forget(desired, state)
    pairs = {(resource.provider, address.type): address for address, resource in desired.resources.items()}
    pairs.update(((entry.provider, address.type), address) for address, entry in state.resources.items())
    out = {}
    for (provider, type_), address in pairs.items():
        with plugin_call(provider, f"kind_of({type_!r})"):
            kind = providers[provider].kind_of(type_) if provider in providers else None
        if kind is None and address in gone:
            kind = Kind(type_, 0)
        if kind is None:
            raise _not_handled(provider, address, desired)
        out[provider, type_] = kind
    return out


def _not_handled(provider: str, address: Address, desired: DesiredState) -> Failure:
    resource = desired.resources.get(address)
    place = f"{resource.origin}: " if resource is not None and resource.origin is not None else ""
    return Failure(
        Cause.PLUGIN,
        f'the provider "{provider}" does not handle {address.type} ({address})',
        detail=f"{place}{address} is {'declared' if resource is not None else 'recorded in the state'}",
        hint=f"declare it on a cluster whose provider handles {address.type}; if its type is misspelt, "
        f'compare it with the documentation of "{provider}"',
    )
