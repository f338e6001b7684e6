"""All kinds that this provider handles: records of config entries by kind, and kinds of the engine by type.

What is wrong with the records is an error when this is imported: two of one kind, one that no address can
reach, a kind that the SDK's table has and this one lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler.sdk.kinds import Kind
from reconciler_consul.kinds import chain_entries, entries, other_entries
from reconciler_consul.kinds.acl_policy import ACL_POLICY
from reconciler_consul.kinds.fields import COMMON
from reconciler_consul.kinds.peering import PEERING
from reconciler_consul.kinds.record import EntryKind, shared_kind


def by_kind(records: Iterable[EntryKind]) -> Mapping[str, EntryKind]:
    """Return records by the name of their kind. Raises `ValueError` where they and the SDK's table differ."""
    found: dict[str, EntryKind] = {}
    for record in records:
        if found.setdefault(record.facts.kind, record) is not record:
            raise ValueError(f"there are two records of the kind {record.kind}")
    declarable = {kind for kind, facts in entry_kinds().items() if facts.writer != "controller"}
    lacking = sorted(declarable - found.keys())
    if lacking:
        raise ValueError(f"reconciler_consul.kinds has no record of {', '.join(lacking)}")
    return found


def by_type(records: Mapping[str, EntryKind]) -> Mapping[str, Kind]:
    """Return the kinds of the engine by their type, those of config entries and all others."""
    own = [record.as_kind() for record in records.values() if record.facts.has_own_type]
    shared = tuple(record for record in records.values() if not record.facts.has_own_type)
    kinds = (ACL_POLICY, PEERING, *own, shared_kind(shared, COMMON))
    return {kind.type: kind for kind in kinds}


ENTRY_KINDS = by_kind((*entries.ENTRIES, *chain_entries.ENTRIES, *other_entries.ENTRIES))
KINDS = by_type(ENTRY_KINDS)
