"""Taking a snapshot: the worlds of all clusters as they run, each read once. No lock, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from reconciler.app.bodies import named_sensitive, shown_bodies
from reconciler.app.options import Options
from reconciler.app.planning.naming import peer_names
from reconciler.app.workspace.opening import Configuration, Workspace, open_workspace, store
from reconciler.engine.bodies.veiling import Marks, joined, marks_of, veil
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
                worlds[name] = await provider.snapshot(_request(workspace, name, addresses))
        declared = {name: _declared(workspace, name) for name in knowing}
        others = tuple(name for name in workspace.providers if name not in knowing)
        return Taken(knowing, worlds, declared, others, _now(), workspace.requests)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _declared(workspace: Workspace, name: str) -> Mapping[Address, Body]:
    return shown_bodies(name, workspace.providers[name], workspace.desired)


def _request(workspace: Workspace, name: str, addresses: bool) -> SnapshotRequest:
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
