"""The configuration of a run: read and checked, with what `reconciler.yaml` says; and where its state is."""

from __future__ import annotations

from dataclasses import field
from functools import partial

from reconciler import registry
from reconciler.app.ignoring import expired
from reconciler.app.options import Options
from reconciler.app.workspace.credentials import ignored_token
from reconciler.app.workspace.origin import origin_of
from reconciler.app.workspace.ownership import ClaimedPlace
from reconciler.config.drafts.declared_places import DeclaredPlaces
from reconciler.config.lint.applying import Lint
from reconciler.config.load import Loaded, load
from reconciler.config.operating.settings import OperatorSettings
from reconciler.config.text.declarations import Given
from reconciler.model.desired import DesiredState
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import ConsulPlace, LocalPlace, StatePlace
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.factory import open_store
from reconciler.statestore.ports import StateStore


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
    ended = loaded.lint.applied(expired(desired, options.clock()))
    warnings = (*loaded.diagnostics, *(() if in_consul else loaded.lint.applied(ignored)), *ended)
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
        origin=partial(origin_of, options),
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
