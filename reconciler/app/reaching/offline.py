"""Providers that contact no cluster: for what they know by themselves of what is declared or was recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from reconciler import registry
from reconciler.model.desired import Cluster
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.provider import ClusterConfig, Provider, Settings


@asynccontextmanager
async def offline_providers(
    clusters: Mapping[str, Cluster], *more: str
) -> AsyncIterator[dict[str, Provider]]:
    """Make the providers of these clusters, and `more` by their names, without credentials; close them after.

    Raises `Failure` for a plugin that is missing or does not load.
    """
    names = sorted({cluster.provider for cluster in clusters.values()} | {*more})
    made: dict[str, Provider] = {}
    try:
        for name in names:
            factory = registry.find(name)
            with plugin_call(name, "its factory"):
                made[name] = factory(_configs(clusters, name), Settings())
        yield made
    finally:
        for name, provider in made.items():
            with plugin_call(name, "close"):
                await provider.close()


def _configs(clusters: Mapping[str, Cluster], provider: str) -> dict[str, ClusterConfig]:
    return {
        name: ClusterConfig(
            name,
            cluster.address,
            partition=cluster.partition,
            namespace=cluster.namespace,
            edition=cluster.edition,
            options=cluster.options,
            version=cluster.version,
            default_intention=cluster.default_intention,
        )
        for name, cluster in clusters.items()
        if cluster.provider == provider
    }
