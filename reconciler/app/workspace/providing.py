"""The providers of a run, each made with its clusters, and the rules of every type in play."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import registry
from reconciler.app.options import Options
from reconciler.app.workspace.binding import Unbound, together
from reconciler.app.workspace.configuring import Configuration
from reconciler.app.workspace.credentials import cluster_config
from reconciler.app.workspace.directing import to_forget
from reconciler.config.operating.settings import OperatorSettings
from reconciler.model.desired import Cluster, DesiredState
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import RecordedCluster, State
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import ClusterConfig, Provider, Settings

DEFAULT_PARALLELISM = 10


def made_providers(
    clusters: Mapping[str, Cluster],
    configuration: Configuration,
    state: State,
    options: Options,
    names: Mapping[str, str],
) -> dict[str, Provider]:
    """Return the providers of these clusters by name. Raises `Failure` for a plugin that is missing or fails,
    and for tokens that are bound to no address.

    `names` are the recorded names of renamed clusters, with those that are declared.
    """
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


def kinds_in_play(
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
