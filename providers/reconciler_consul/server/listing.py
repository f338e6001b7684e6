"""All entries of a kind, from where a cluster has them: its own servers or its federation's primary."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping, Sequence
from functools import lru_cache

from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import is_namespaced
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError
from reconciler_consul.kinds.names import entry_ref, folded
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.values import Entry, EntryList, Identity


@dataclass(frozen=True, slots=True)
class ListKey:
    """One list of entries: where it is and what it holds."""

    cluster: str
    kind: str
    partition: str | None
    namespace: str | None

    @classmethod
    def of(cls, address: Address) -> ListKey:
        """Return the list that an entry is in."""
        kind, _ = entry_ref(address)
        return _key(address.cluster, kind, address.partition, address.namespace)


@lru_cache(maxsize=1024)  # thousands of entries are in one list
def _key(cluster: str, kind: str, partition: str | None, namespace: str | None) -> ListKey:
    return ListKey(cluster, kind, partition, namespace if is_namespaced(kind) else None)


@dataclass(frozen=True, slots=True)
class Entries:
    """A list that was read, by name in lower case. `filtered`: there may be more."""

    by_name: Mapping[str, Entry]
    filtered: bool
    anonymous: bool


KeptLists = MutableMapping[ListKey, Entries | ProviderError]


async def lists_at(
    apis: Mapping[str, ConsulApi], lists: KeptLists, wanted: Sequence[ListKey]
) -> dict[ListKey, Entries | ProviderError]:
    """Return these lists. Those that `lists` lacks are read now, and put there."""
    missing = [place for place in wanted if place not in lists]
    answers = await asyncio.gather(*(_list(apis[place.cluster], place) for place in missing))
    lists.update(zip(missing, answers, strict=True))
    return {place: lists[place] for place in wanted}


async def _list(api: ConsulApi, place: ListKey) -> Entries | ProviderError:
    try:
        return await entries_at(api, place)
    except ProviderError as error:
        return error


async def entries_at(api: ConsulApi, place: ListKey) -> Entries:
    """Read one list. Raises `ProviderError`."""
    listed = await list_all(api, place.kind, place.partition, place.namespace)
    by_name = {folded(entry_name(entry)): entry for entry in listed.entries}
    return Entries(by_name, listed.filtered, listed.anonymous)


async def list_all(api: ConsulApi, kind: str, partition: str | None, namespace: str | None) -> EntryList:
    """Read one list of entries; again from the primary where this turns out to be a federated secondary.

    Raises `ProviderError`.
    """
    scope = api.here(partition, namespace)
    listed, identity = await asyncio.gather(
        api.list_entries(kind, scope), api.identity(), return_exceptions=True
    )
    if isinstance(identity, Identity) and identity.primary:
        listed = await api.list_entries(kind, api.here(partition, namespace, identity.primary))
    if isinstance(listed, BaseException):
        raise listed
    return listed


def entry_name(entry: Entry) -> str:
    """Return an entry's name. A mesh entry has none: there is only one."""
    return str(entry.get("Name") or ("mesh" if entry.get("Kind") == "mesh" else ""))
