"""Read every address that is declared or recorded, in bulk, through the providers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.ports import Providers
from reconciler.model.desired import Resource
from reconciler.model.state import Recorded
from reconciler.plugin_calls import fault, wrong
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.provider import ClusterInfo, Observation, Provider, Reading, Unknown, Wanted
from reconciler.sdk.secrets.quoting import hushed
from reconciler.sdk.secrets.sensitive import revealed


@dataclass(frozen=True, slots=True)
class ObservedState:
    """What runs: an observation for each address asked, each cluster or why it gave no answer, and remarks
    on what was seen besides."""

    objects: Mapping[Address, Observation]
    clusters: Mapping[str, ClusterInfo | ProviderError]
    requests: int = 0
    remarks: tuple[str, ...] = ()


def wanted(
    declared: Mapping[Address, Resource], recorded: Mapping[Address, Recorded]
) -> dict[str, list[Wanted]]:
    """Return what to read from each provider. A recorded body goes before a declared one: it names
    what was created.
    """
    out: dict[str, list[Wanted]] = {}
    for address in dict.fromkeys((*declared, *recorded)):
        resource, entry = declared.get(address), recorded.get(address)
        provider = resource.provider if resource else entry.provider if entry else ""
        last_known = entry.body if entry and entry.body else resource.body if resource else None
        began = entry is not None and entry.pending is not None and resource is not None
        otherwise = resource.body if began and resource and resource.body != last_known else None
        out.setdefault(provider, []).append(Wanted(address, revealed(last_known), revealed(otherwise)))
    return out


async def refresh(asked: Mapping[str, Iterable[Wanted]], providers: Providers) -> ObservedState:
    """Ask all providers at once. Their failures are observations (`Unknown`), not exceptions."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(read(name, providers[name], list(items))) for name, items in asked.items()]
    return _joined(task.result() for task in tasks)


async def read(name: str, provider: Provider, items: Sequence[Wanted]) -> Reading:
    """Read through the provider called `name`. What it fails to say of an address is unknown, not absent."""
    try:
        reading = await provider.read(items)
    except ProviderError as error:
        return _unread(items, error)
    except Exception as error:  # a plugin is other people's code
        return _unread(items, fault(name, "read", error))
    if not isinstance(reading, Reading):
        return _unread(items, wrong(name, "read", f"it returned {type(reading).__name__}, not Reading"))
    left_out = [item.address for item in items if item.address not in reading.objects]
    if not left_out:
        return reading
    unsaid = {one: Unknown(wrong(name, "read", "it left the address out", one)) for one in left_out}
    return replace(reading, objects={**reading.objects, **unsaid})


def _unread(items: Sequence[Wanted], error: ProviderError) -> Reading:
    clusters = dict.fromkeys(item.address.cluster for item in items)
    return Reading({item.address: Unknown(error) for item in items}, dict.fromkeys(clusters, error))


def _hush(reading: Reading) -> None:
    """Mask what servers said of failed reads: it may quote what they hold."""
    unknown = [item.error for item in reading.objects.values() if isinstance(item, Unknown)]
    for error in {*unknown, *(seen for seen in reading.clusters.values() if isinstance(seen, ProviderError))}:
        hushed(error)


def _joined(readings: Iterable[Reading]) -> ObservedState:
    objects: dict[Address, Observation] = {}
    clusters: dict[str, ClusterInfo | ProviderError] = {}
    requests = 0
    remarks: list[str] = []
    for reading in readings:
        objects.update(reading.objects)
        clusters.update(reading.clusters)
        _hush(reading)
        requests += reading.requests
        remarks += reading.remarks
    return ObservedState(objects, clusters, requests, tuple(remarks))
