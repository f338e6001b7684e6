"""When the ends of a peering last heard of each other, as each row says it.

Consul writes "never" as null, as year 1 or as 1970. A leader that is new knows nothing of what was before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from reconciler.sdk.provider import Contact, Contacts
from reconciler_consul.peering.pair import End, Row

_STREAM = {
    Contact.HEARTBEAT: "LastHeartbeat",
    Contact.RECEIVED: "LastReceive",
    Contact.SENT: "LastSend",
}


def contacts(ends: Iterable[End]) -> Contacts:
    """Return what each row says, by cluster. Clusters without a row are left out."""
    return {end.cluster: dict(_times(end.row)) for end in ends if end.row is not None}


def _times(row: Row) -> Iterator[tuple[Contact, str]]:
    found = {what: _of_stream(row, name) for what, name in _STREAM.items()}
    found[Contact.DELETED] = _time(row.get("DeletedAt"))
    for what, moment in found.items():
        if moment is not None:
            yield what, moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def heartbeat(row: Row) -> datetime | None:
    """Return when the row last heard a heartbeat, or `None`."""
    return _of_stream(row, "LastHeartbeat")


def _of_stream(row: Row, name: str) -> datetime | None:
    stream = row.get("StreamStatus")
    return _time(stream.get(name)) if isinstance(stream, Mapping) else None


def _time(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment if moment.year > 1970 else None
