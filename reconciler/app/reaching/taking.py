"""Taking a snapshot: the worlds of all clusters as they run, each read once. No lock, nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from reconciler.app.bodies import named_sensitive, shown_bodies
from reconciler.app.options import Options
from reconciler.app.planning.naming import peer_names
from reconciler.app.reaching.snapshots import save_snapshot
from reconciler.app.workspace.configuring import Configuration, read_configuration, store
from reconciler.app.workspace.opening import Workspace, open_workspace
from reconciler.engine.bodies.veiling import Marks, joined, marks_of, veil
from reconciler.model.access import SnapshotTaken
from reconciler.model.failure import Cause, Failure
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.access.protocol import Analyses, SnapshotRequest, Veil, World
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body, Provider
from reconciler.sdk.secrets.sensitive import masked


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read, by provider. `others` are the providers that do not know worlds; `at` is when it was
    read (ISO 8601, UTC)."""

    providers: Mapping[str, Analyses]
    worlds: Mapping[str, World]
    declared: Mapping[str, Mapping[Address, Body]]
    others: tuple[str, ...]
    at: str
    requests: int


async def read_clusters(configuration: Configuration, options: Options, *, addresses: bool = False) -> Taken:
    """Read all clusters of a configuration and its state. Raises `Failure` where they cannot be asked at all:
    no state, no credentials. A cluster that does not answer is unknown in its world.
    """
    state = await store(options, configuration.operator.state).read()
    async with open_workspace(configuration, state, options) as workspace:
        knowing = {name: one for name, one in workspace.providers.items() if isinstance(one, Analyses)}
        worlds = {}
        for name, provider in knowing.items():
            with plugin_call(name, "snapshot"):
                worlds[name] = await provider.snapshot(snapshot_request(workspace, name, addresses=addresses))
        declared = {name: _declared(workspace, name) for name in knowing}
        others = tuple(name for name in workspace.providers if name not in knowing)
        return Taken(knowing, worlds, declared, others, _now(), workspace.requests)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _declared(workspace: Workspace, name: str) -> Mapping[Address, Body]:
    return shown_bodies(name, workspace.providers[name], workspace.desired)


def snapshot_request(workspace: Workspace, name: str, *, addresses: bool) -> SnapshotRequest:
    """Return how a provider is to read its clusters: under which names, and what is masked."""
    peers = peer_names(workspace.desired, workspace.state)
    return SnapshotRequest(peers, _veil(workspace, name, workspace.providers[name]), addresses)


def _veil(workspace: Workspace, name: str, provider: Provider) -> Veil:
    """Return what masks in a body what its kind, the configuration or the state calls sensitive."""

    def veiled(address: Address, body: Body) -> Body:
        kind = provider.kind_of(address.type)
        if kind is None:
            return body
        shown: Body = masked(veil(kind.rule, body, _places(workspace, name, address)))
        return shown

    return veiled


def _places(workspace: Workspace, name: str, address: Address) -> Marks:
    resource, entry = workspace.desired.resources.get(address), workspace.state.resources.get(address)
    found: list[Marks] = []
    if resource is not None:
        rule = workspace.kinds[name, address.type].rule
        found += [
            named_sensitive(workspace.kinds[name, address.type], resource),
            marks_of(rule, resource.body),
        ]
    if entry is not None:
        found.append(marks_of(workspace.kinds[name, address.type].rule, entry.body))
    return joined(*found)


async def take_snapshot(options: Options, path: Path, *, addresses: bool = False) -> SnapshotTaken:
    """Read all clusters once and write what decides access into a file, without any secret.

    What could not be read is named in it. Raises `Failure` where there is nothing to ask, or the file cannot
    be written.
    """
    began = asyncio.get_running_loop().time()
    configuration = read_configuration(options)
    taken = await read_clusters(configuration, options, addresses=addresses)
    if not taken.worlds:
        raise Failure(Cause.USAGE, "no provider of these clusters knows who can call whom")
    world = _together(taken)
    save_snapshot(world, path)
    elapsed = asyncio.get_running_loop().time() - began
    return SnapshotTaken(str(path), world, configuration.warnings, taken.requests, elapsed)


def _together(taken: Taken) -> World:
    """Return the worlds of all providers as one."""
    worlds = list(taken.worlds.values())
    clusters = {name: cluster for world in worlds for name, cluster in world["clusters"].items()}
    peerings = [item for world in worlds for item in world["peerings"]]
    return {**worlds[0], "clusters": clusters, "peerings": peerings}
