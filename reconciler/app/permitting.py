"""Policies: the least that the credentials of each cluster must allow, from what is declared and recorded.

Needs no credentials and contacts no cluster: the policy comes before the token.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import registry
from reconciler.app.bodies import declared_bodies, recorded_bodies
from reconciler.app.options import Options
from reconciler.app.workspace.configuring import Configuration, read_configuration, store
from reconciler.config.clusters.names import did_you_mean
from reconciler.engine.planning.clusters import declared_clusters
from reconciler.model.desired import Cluster, DesiredState
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.marks.serials import KeepsSerials
from reconciler.sdk.permissions import Grant, Grants
from reconciler.sdk.provider import Body, ClusterConfig, Provider, Settings

Policies = Mapping[str, tuple[Grant, ...]]


async def policies(options: Options, *, only: str | None = None, read_only: bool = False) -> Policies:
    """Return the rules of each cluster's policy, or those of the cluster `only`. Raises `Failure`."""
    configuration = read_configuration(options)
    state = await store(options, configuration.operator.state).read()
    clusters = declared_clusters(configuration.desired, state)
    if only is not None and only not in clusters:
        hint = did_you_mean(only, clusters)
        raise Failure(Cause.USAGE, f"there is no cluster {only}", hint=hint)
    out: dict[str, tuple[Grant, ...]] = {}
    for name in sorted({cluster.provider for cluster in clusters.values()}):
        found = await _of_provider(name, clusters, configuration, state, read_only)
        out.update(found)
    return {name: out[name] for name in sorted(out) if only in (None, name)}


async def _of_provider(
    name: str, clusters: Mapping[str, Cluster], configuration: Configuration, state: State, read_only: bool
) -> Policies:
    configs = {
        cluster.name: ClusterConfig(cluster.name, cluster.address)
        for cluster in clusters.values()
        if cluster.provider == name
    }
    factory = registry.find(name)
    with plugin_call(name, "grants"):
        provider = factory(configs, Settings())
        try:
            held = _all_bodies(name, provider, configuration.desired, state)
            found = provider.grants(held, read_only=read_only) if isinstance(provider, Grants) else {}
            if configuration.operator.mark_clusters and isinstance(provider, KeepsSerials):
                return _with_marks(found, provider.mark_rules(read_only=read_only))
            return found
        finally:
            await provider.close()


def _with_marks(found: Policies, rules: Mapping[str, str]) -> Policies:
    """Return the policies with the rule that the marks of states take."""
    return {
        name: (*found.get(name, ()), Grant(rule, ("mark_clusters in reconciler.yaml",)))
        for name, rule in rules.items()
    }


def _all_bodies(
    name: str, provider: Provider, desired: DesiredState, state: State
) -> dict[Address, Body | None]:
    """Return all objects of a provider: the body of what is declared, `None` for what is only recorded."""
    return {**dict.fromkeys(recorded_bodies(name, state)), **declared_bodies(name, provider, desired)}
