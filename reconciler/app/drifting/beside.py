"""Objects beside ours: on the clusters of a configuration, and neither declared nor recorded by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.app.planning.naming import peer_names
from reconciler.app.workspace.opening import Workspace
from reconciler.engine.deciding.marks import mark_name
from reconciler.model.drifting.item import DriftItem
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Selection
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.globs import matches
from reconciler.sdk.marks.finding import Lists
from reconciler.sdk.provider import Present


async def beside(workspace: Workspace, selection: Selection) -> tuple[list[DriftItem], list[str]]:
    """Return the unmanaged objects on the clusters of the configuration, and sentences about what could not
    be read. What another configuration marked as its own is named with that configuration.
    """
    items: list[DriftItem] = []
    remarks: list[str] = []
    for name, provider in workspace.providers.items():
        if not isinstance(provider, Lists):
            continue
        with plugin_call(name, "everything"):
            found = await provider.everything()
        items += _strangers(found.objects, workspace, selection)
        items += _lone_ends(found.ends, workspace, selection)
        remarks += found.remarks
    return items, remarks


def _strangers(
    objects: Mapping[Address, Present], workspace: Workspace, selection: Selection
) -> Iterator[DriftItem]:
    folding = {type_ for (_, type_), kind in workspace.kinds.items() if kind.folds}
    known = {_folded(address, folding) for address in _known(workspace)}
    declared = workspace.desired.clusters
    for address, live in objects.items():
        here = address.cluster in declared and _is_asked_for(address, selection)
        if here and _folded(address, folding) not in known:
            yield DriftItem(DriftClass.OBJECT, address, because=_whose(live, workspace))


def _lone_ends(
    ends: Iterable[tuple[str, str]], workspace: Workspace, selection: Selection
) -> Iterator[DriftItem]:
    """Yield the ends of peerings with clusters that are not of this configuration. An end of ours whose other
    end could not be read is known by its name.
    """
    ours = peer_names(workspace.desired, workspace.state)
    for cluster, name in ends:
        address = Address("peering", cluster, name)
        if name not in ours.get(cluster, {}) and _is_asked_for(address, selection):
            because = "its other end is on no cluster of this configuration that could be read"
            yield DriftItem(DriftClass.OBJECT, address, because=because)


def _is_asked_for(address: Address, selection: Selection) -> bool:
    left_out = any(matches(glob, str(address)) for glob in selection.excludes)
    return selection.asks_for(address) and not left_out


def _folded(address: Address, folding: Collection[str]) -> Address:
    """Return what all spellings of an object's name have in common."""
    return replace(address, name=address.name.lower()) if address.type in folding else address


def _known(workspace: Workspace) -> set[Address]:
    """Return every address that is declared or recorded, links under the addresses of both ends."""
    ours = {*workspace.desired.resources, *workspace.state.resources}
    symmetric = {type_ for (_, type_), kind in workspace.kinds.items() if kind.symmetric}
    turned = (Address(a.type, a.name, a.cluster) for a in ours if a.type in symmetric)
    return ours | set(turned)


def _whose(live: Present, workspace: Workspace) -> str:
    mark = mark_name(live.body.get("Meta"))
    if mark is None:
        return "nothing here declares or records it"
    if mark == workspace.desired.name:
        return "it carries the name of this configuration, and the state does not record it"
    return f'it belongs to the configuration "{mark}", as its Meta says'
