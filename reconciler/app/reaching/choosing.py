"""Choosing the world that is asked: declared, live, of a snapshot, or what a plan would leave behind."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from reconciler.app.bodies import shown_bodies
from reconciler.app.options import Options
from reconciler.app.planning.planfile import load_plan
from reconciler.app.reaching.choice import WorldChoice
from reconciler.app.reaching.offline import offline_providers
from reconciler.app.reaching.planned import planned_bodies
from reconciler.app.reaching.snapshots import not_a_snapshot, read_snapshot
from reconciler.app.reaching.taking import read_clusters
from reconciler.app.reaching.world import AskedWorld, Part
from reconciler.app.workspace.configuring import Configuration, read_configuration
from reconciler.model.access import WorldSource
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Plan
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.access.protocol import Analyses, World
from reconciler.sdk.address import Address
from reconciler.sdk.consul import CONSUL
from reconciler.sdk.provider import Body


async def asked_world(options: Options, choice: WorldChoice) -> AskedWorld:
    """Return the world of a choice. Raises `Failure`."""
    if choice.live and choice.snapshot is not None:
        raise Failure(Cause.USAGE, "--live and --snapshot exclude each other", hint="leave out one of them")
    plan = load_plan(choice.plan) if choice.plan is not None else None
    if choice.snapshot is not None:
        return await _of_snapshot(options, choice.snapshot, choice.source, plan)
    if choice.source is WorldSource.DECLARED:
        return await _declared(options)
    return await _live(options, choice, plan)


async def _declared(options: Options) -> AskedWorld:
    """Return the world that the configuration declares; takes no credentials and contacts no cluster."""
    configuration = read_configuration(options, keep_places=True)
    desired = configuration.desired
    parts, unknown = [], {}
    async with offline_providers(desired.clusters) as providers:
        for name, provider in providers.items():
            if not isinstance(provider, Analyses):
                unknown.update(_not_analysed(configuration, name))
                continue
            bodies = shown_bodies(name, provider, desired)
            with plugin_call(name, "declared"):
                world = provider.declared(bodies)
                parts.append(Part(provider, world, provider.analysis(world), bodies))
    warnings = configuration.warnings
    return AskedWorld(tuple(parts), WorldSource.DECLARED, configuration, unknown=unknown, warnings=warnings)


async def _live(options: Options, choice: WorldChoice, plan: Plan | None) -> AskedWorld:
    """Return the world that runs, or what a plan would leave behind of it."""
    configuration = read_configuration(options, keep_places=True)
    taken = await read_clusters(configuration, options, addresses=choice.addresses)
    parts = tuple(
        _part(name, provider, taken.worlds[name], taken.declared[name], plan)
        for name, provider in taken.providers.items()
    )
    unknown = {
        name: why for provider in taken.others for name, why in _not_analysed(configuration, provider).items()
    }
    warnings, source = configuration.warnings, choice.source
    return AskedWorld(parts, source, configuration, taken.at, unknown, warnings, taken.requests)


async def _of_snapshot(options: Options, path: Path, source: WorldSource, plan: Plan | None) -> AskedWorld:
    """Return the world of a snapshot file, or what a plan would leave behind of it; contacts no cluster."""
    world = read_snapshot(path)
    configuration = at_hand(options)
    async with offline_providers({}, CONSUL) as providers:
        provider = providers[CONSUL]
        assert isinstance(provider, Analyses)
        declared = shown_bodies(CONSUL, provider, configuration.desired) if configuration else {}
        try:
            world = provider.read_world(world)
        except ValueError as error:
            raise not_a_snapshot(path, str(error)) from None
        part = _part(CONSUL, provider, world, declared, plan)
    return AskedWorld((part,), source, configuration, str(world.get("taken_at") or ""))


def at_hand(options: Options) -> Configuration | None:
    """Return the configuration where one is at hand that has no error: a snapshot needs none."""
    with suppress(Failure):
        return read_configuration(options, keep_places=True)
    return None


def _part(
    name: str, provider: Analyses, before: World, declared: Mapping[Address, Body], plan: Plan | None
) -> Part:
    world = _after(plan, name, provider, before)
    with plugin_call(name, "analysis"):
        return Part(provider, world, provider.analysis(world), declared, before if plan is not None else None)


def _after(plan: Plan | None, name: str, provider: Analyses, world: World) -> World:
    """Return what a plan would leave behind of a world."""
    if plan is None:
        return world
    with plugin_call(name, "changed"):
        return provider.changed(world, planned_bodies(plan, name))


def _not_analysed(configuration: Configuration, provider: str) -> dict[str, str]:
    why = f'the provider "{provider}" does not know who can call whom'
    clusters = configuration.desired.clusters.values()
    return {cluster.name: why for cluster in clusters if cluster.provider == provider}
