"""Planning: read what is recorded and what runs, and make the plan."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from reconciler.app.checking import objections
from reconciler.app.foreseeing import naming_left_out, standings
from reconciler.app.options import Options, Planned
from reconciler.app.preflight import refusals
from reconciler.app.recalling import remembering
from reconciler.app.veils import remember_live, warning
from reconciler.app.workspace import Open, opened, read_configuration, store
from reconciler.engine.guards import (
    check_not_empty,
    check_nothing_left_out,
    check_owner,
    check_something_recorded,
    held_back,
)
from reconciler.engine.order import CycleError
from reconciler.engine.planner import Inputs, decided, make_plan
from reconciler.engine.refresh import ObservedState, refresh, wanted
from reconciler.engine.selection import BadGlob, NotReplaceable
from reconciler.model.desired import Cluster, DesiredState
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.scope import DEFAULT


async def plan(options: Options, mode: Mode, selection: Selection) -> Planned:
    """Plan without a lock and without writing anything. Raises `Failure`."""
    began = asyncio.get_running_loop().time()
    configuration = read_configuration(options)
    state = await store(options, configuration.loaded.operator.state_path).read()
    async with opened(configuration, state, options) as world:
        made = await plan_in(world, mode, selection)
        made = remembering(guarded(made, world.state, options), configuration.loaded)
    return Planned(made, configuration.warnings, asyncio.get_running_loop().time() - began)


def guarded(made: Plan, state: State, options: Options) -> Plan:
    """The plan, held back where it destroys most of what is recorded and that was not allowed."""
    allowed = options.allow_delete
    return replace(made, held_back=held_back(made, state, allowed), allow_delete=allowed)


async def drift(options: Options, selection: Selection) -> Planned:
    """What was changed outside since it was applied: read-only, no lock."""
    return await plan(options, Mode.REFRESH_ONLY, selection)


async def plan_in(world: Open, mode: Mode, selection: Selection) -> Plan:
    """Read everything and plan, in a world that is already open."""
    check_not_empty(world.desired.resources, world.state, mode)
    check_owner(world.claim, world.desired.resources, world.state)
    observed = await refresh(wanted(world.desired.resources, world.state.resources), world.providers)
    check_identities(world, observed)
    check_partitions(world.desired, world.state)
    check_distinct(world.desired, observed)
    check_not_renamed(world, observed)
    try:
        inputs = Inputs(world.desired, world.state, observed, world.kinds, mode, selection)
        made = await _allowed(world, replace(inputs, take_down=world.take_down))
        check_something_recorded(made)
        check_nothing_left_out(world.claim, made)
        warnings = (*_renamed(world), *warning(world.exposed), *observed.remarks, *made.warnings)
        return replace(made, warnings=warnings)
    except BadGlob as error:
        raise Failure(Cause.USAGE, str(error), hint=error.hint) from None
    except NotReplaceable as error:
        raise Failure(
            Cause.USAGE,
            str(error),
            detail="sending what is there again would change nothing, and taking it away first would open or "
            "close access for a moment",
            hint="leave out --replace; to write it again in full, change it in the configuration",
        ) from None
    except CycleError as error:
        raise Failure(
            Cause.CONFIGURATION,
            "these resources wait for each other in a circle",
            detail=str(error),
            hint="remove one of the references",
        ) from None


async def _allowed(world: Open, inputs: Inputs) -> Plan:
    """The plan, with those actions blocked that the servers are known not to be able to do, or the
    credentials not to allow."""
    inputs = decided(inputs)
    made = make_plan(inputs)
    if inputs.desired.veiled or inputs.state.seal is not None or world.exposed:
        remember_live(made)
    if inputs.mode is Mode.REFRESH_ONLY:
        return made
    before = world.requests
    known = await standings(world, made, inputs.observed)
    if known:
        inputs = replace(inputs, standings=known)
        made = make_plan(inputs)
    checked = await objections(world, made)
    if checked.because:
        made = make_plan(replace(inputs, refused=checked.because))
    found = await refusals(world, made)
    inputs = replace(inputs, refused={**found.because, **checked.because})
    if found.because:
        made = make_plan(inputs)
    made = await naming_left_out(world, inputs, made)
    asked = world.requests - before
    made = replace(made, requests=made.requests + asked, warnings=(*made.warnings, *found.warnings()))
    return checked.noted(made)


def check_identities(world: Open, observed: ObservedState) -> None:
    """Stop where an address leads to another cluster than the one that the state was made on."""
    for name, seen in observed.clusters.items():
        known = world.state.clusters.get(name)
        if isinstance(seen, ProviderError) or known is None or not known.identity:
            continue
        if seen.identity == known.identity:
            continue
        held = _held(world, name)
        if held:
            globs = dict.fromkeys(_glob(address, name) for address in sorted(held))
            raise Failure(
                Cause.WRONG_CLUSTER,
                f"{seen.address} is not the {name} that the state knows",
                detail=f"recorded identity {known.identity}, now {seen.identity or _NO_IDENTITY}; "
                f"recorded on it: {_and_more(held)}",
                hint=f"correct the address; if {name} was rebuilt, forget what was on it: "
                f"reconciler state rm {' '.join(globs)}",
            )


_NO_IDENTITY = "none: it names no trust domain (Connect is off) or no datacenter"


def _and_more(held: list[Address]) -> str:
    """The first address, and how many there are besides."""
    return f"{min(held)}{f' and {len(held) - 1} more' if len(held) > 1 else ''}"


def check_partitions(desired: DesiredState, state: State) -> None:
    """Stop where a cluster became another partition: an address that shows none would be one in there."""
    for name in sorted(desired.clusters.keys() & state.clusters.keys()):
        old, new = (which.clusters[name].partition or DEFAULT for which in (state, desired))
        ends = (address for address in state.resources if name in (address.cluster, address.name))
        held = [address for address in ends if address.partition is None]
        if held and old != new:
            raise Failure(
                Cause.WRONG_CLUSTER,
                f"{name} is declared as the partition {new}, and the state knows it as {old}",
                detail=f"recorded in {old}: {_and_more(held)}",
                hint=f"declare {new} as a cluster of its own, under another name, and keep {name} until "
                "nothing is left in it",
            )


def _held(world: Open, cluster: str) -> list[Address]:
    """What is recorded on a cluster, or with it as the second end."""
    return [
        address
        for address, entry in world.state.resources.items()
        if address.cluster == cluster
        or (address.name == cluster and world.kinds[entry.provider, address.type].symmetric)
    ]


def _glob(address: Address, cluster: str) -> str:
    """A glob for all of a cluster that this address is one of, quoted for a shell."""
    if address.cluster != cluster:
        return f"'{address.type}.*/{cluster}'"
    return f"'*.{cluster}/*'" if address.partition is None else f"'*.{cluster}:*'"


def check_not_renamed(world: Open, observed: ObservedState) -> None:
    """Stop where a cluster that is no longer declared is declared under another name and address: what is
    recorded would be removed, and it is the same that is declared."""
    clusters = world.desired.clusters
    declared = {
        (seen.identity, clusters[name].partition or DEFAULT): name
        for name, seen in observed.clusters.items()
        if name in clusters and not isinstance(seen, ProviderError) and seen.identity
    }
    for name in sorted(world.clusters.keys() - world.desired.clusters.keys()):
        known = world.state.clusters[name]
        again = declared.get((known.identity, known.partition or DEFAULT))
        if again is not None and _held(world, name):
            now = clusters[again].address
            raise Failure(
                Cause.WRONG_CLUSTER,
                f"{again} is the cluster that the state knows as {name}",
                detail=f"{name} is no longer declared, and {again} at {now} answers as {known.identity}, "
                f"as {name} did at {known.address}",
                hint=f"to rename it, declare {again} at {known.address} and apply; then change the address",
            )


def _renamed(world: Open) -> Iterator[str]:
    """What is said of renamed clusters."""
    for old, new in world.names.items():
        count = sum(new in (address.cluster, address.name) for address in world.renamed.values())
        yield (
            f"{old} is called {new} now: {count} recorded resource{'s' if count != 1 else ''} "
            f"{'move' if count != 1 else 'moves'} along (the same address)"
        )


def check_distinct(desired: DesiredState, observed: ObservedState) -> None:
    """Stop where two declared clusters turn out to be one: each would undo what the other does."""
    first: dict[tuple[str, str], Cluster] = {}
    for name, cluster in sorted(desired.clusters.items()):
        seen = observed.clusters.get(name)
        if seen is None or isinstance(seen, ProviderError) or not seen.identity:
            continue
        # Partitions of one Enterprise cluster are clusters of their own.
        other = first.setdefault((seen.identity, cluster.partition or DEFAULT), cluster)
        if other is not cluster:
            raise Failure(
                Cause.WRONG_CLUSTER,
                f"{other.name} and {name} are the same cluster",
                detail=f"{other.address} ({other.origin}) and {cluster.address} ({cluster.origin}) "
                f"both answer as {seen.identity}",
                hint="correct one of the addresses, or declare the cluster once",
            )
