"""All entries of a kind, from where a cluster has them: its own servers or its federation's primary."""

from __future__ import annotations

import asyncio

from providers.consul.api import ConsulApi, Entry, EntryList, Identity


async def list_all(api: ConsulApi, kind: str, partition: str | None, namespace: str | None) -> EntryList:
    """One list of entries; again from the primary where this turns out to be a federated secondary.

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
    """An entry's name. A mesh entry has none: there is one."""
    return str(entry.get("Name") or ("mesh" if entry.get("Kind") == "mesh" else ""))
