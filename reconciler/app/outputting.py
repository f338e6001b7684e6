"""Outputs: what each cluster imports, and the names under which callers dial it. Reads only; no lock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from reconciler import registry
from reconciler.app.bodies import declared_bodies, recorded_bodies
from reconciler.app.options import Options
from reconciler.app.workspace.configuring import Configuration, read_configuration, store
from reconciler.app.workspace.opening import open_workspace
from reconciler.config.clusters.names import did_you_mean
from reconciler.engine.guards_clusters import check_identities
from reconciler.engine.planning.clusters import declared_clusters
from reconciler.engine.refresh import ObservedState
from reconciler.model.desired import Cluster
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.imports import Importer, Imports
from reconciler.sdk.provider import ClusterConfig, Settings


@dataclass(frozen=True, slots=True)
class Outputs:
    """What each cluster imports, by cluster in order. `live`: the clusters were asked.

    `asked` are all clusters that were, also those that are not shown; `recorded`: something was applied.
    """

    clusters: Mapping[str, Importer]
    asked: Mapping[str, Importer]
    live: bool
    recorded: bool
    requests: int = 0
    elapsed: float = 0.0


async def outputs(options: Options, *, only: str | None = None, live: bool = True) -> Outputs:
    """Return what each cluster imports, or the cluster `only`. Raises `Failure`.

    Reads the state and the running clusters; with `live` off, the configuration alone.
    """
    began = asyncio.get_running_loop().time()
    configuration = read_configuration(options)
    state = await store(options, configuration.operator.state).read()
    clusters = declared_clusters(configuration.desired, state)
    if only is not None and only not in clusters:
        raise Failure(Cause.USAGE, f"there is no cluster {only}", hint=did_you_mean(only, clusters))
    found, requests = await (
        _live_outputs(configuration, state, options, only)
        if live
        else _offline_outputs(configuration, clusters)
    )
    found = {name: found[name] for name in sorted(found)}
    shown = {name: one for name, one in found.items() if only in (None, name)}
    elapsed = asyncio.get_running_loop().time() - began
    return Outputs(shown, found if live else {}, live, bool(state.resources), requests, elapsed)


async def _live_outputs(
    configuration: Configuration, state: State, options: Options, only: str | None
) -> tuple[dict[str, Importer], int]:
    """Return the imports from the state, the configuration and the clusters."""
    out: dict[str, Importer] = {}
    async with open_workspace(configuration, state, options) as workspace:
        for name, provider in workspace.providers.items():
            if isinstance(provider, Imports):
                applied = recorded_bodies(name, workspace.state)
                declared = declared_bodies(name, provider, workspace.desired)
                with plugin_call(name, "imports"):
                    out.update(await provider.imports(applied, declared, live=True, only=only))
        infos = {name: one.info for name, one in out.items() if one.info is not None}
        check_identities(workspace.state, workspace.kinds, ObservedState({}, infos))
        return out, workspace.requests


async def _offline_outputs(
    configuration: Configuration, clusters: Mapping[str, Cluster]
) -> tuple[dict[str, Importer], int]:
    """Return the imports from the configuration alone: takes no credentials."""
    out: dict[str, Importer] = {}
    for name in sorted({cluster.provider for cluster in clusters.values()}):
        configs = {
            cluster.name: ClusterConfig(cluster.name, cluster.address, partition=cluster.partition)
            for cluster in clusters.values()
            if cluster.provider == name
        }
        factory = registry.find(name)
        with plugin_call(name, "imports"):
            provider = factory(configs, Settings())
            try:
                if isinstance(provider, Imports):
                    declared = declared_bodies(name, provider, configuration.desired)
                    out.update(await provider.imports({}, declared, live=False))
            finally:
                await provider.close()
    return out, 0
