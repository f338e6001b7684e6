"""The parts of a State from parsed JSON. Keys that this version does not know are kept as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from reconciler.model.auditing.entry import Anchor
from reconciler.model.auditing.origin import Revision
from reconciler.model.state import Owner, Recorded, RecordedCluster, Saved
from reconciler.sdk.address import Address
from reconciler.sdk.consul import CONSUL
from reconciler.sdk.secrets.sensitive import Seal, unsealed

_CLUSTER = frozenset(
    {"address", "provider", "identity", "version", "partition", "namespace", "options"},
)
_RESOURCE = frozenset(
    {"body", "provider", "version", "remote_ids", "depends_on", "shared", "protect", "pending", "adopted"},
)
_TEXT_OR_NONE = (str, type(None))
FORMER_NAME = "estate"  # what the key `name` of an owner was called


class Unreadable(Exception):
    """Stored text that cannot be trusted; the message says why. `newer`: a later version wrote it."""

    def __init__(self, why: str, *, newer: bool = False) -> None:
        super().__init__(why)
        self.newer = newer


def owner_from(raw: object) -> Owner:
    """Return the owner from parsed JSON. Raises `Unreadable`."""
    try:
        fields = _object(raw)
        files, former = field(fields, "files", list, []), field(fields, "former", list, [])
        if not all(type(item) is str for item in (*files, *former)):
            raise ValueError("'files' or 'former' holds something else than texts")
        name = field(fields, "name", _TEXT_OR_NONE, field(fields, FORMER_NAME, _TEXT_OR_NONE, None))
        return Owner(name, tuple(files), tuple(former))
    except ValueError as error:
        raise Unreadable(f"its owner is malformed: {error}") from error


def saved_from(raw: object) -> Saved:
    """Return when and by whom a snapshot was saved, from parsed JSON. Raises `Unreadable`."""
    try:
        fields = _object(raw)
        texts = {name: field(fields, name, str) for name in ("at", "by", "operation")}
        revision, audit = revision_from(fields.get("revision")), _anchor(fields.get("audit"))
        return Saved(**texts, revision=revision, audit=audit)
    except ValueError as error:
        raise Unreadable(f"what says who saved it is malformed: {error}") from error


def revision_from(raw: object) -> Revision | None:
    """Return the revision from parsed JSON; `None` where there is none, or it is not one."""
    match raw:
        case {"commit": str(commit), "branch": str() | None as branch, "dirty": bool(dirty)}:
            return Revision(commit, branch, dirty)
    return None


def _anchor(raw: object) -> Anchor | None:
    match raw:
        case {"number": int(number), "hash": str(digest)}:
            return Anchor(number, digest)
    return None


def cluster_from(name: str, raw: object) -> RecordedCluster:
    """Return a cluster from parsed JSON. Raises `Unreadable` that names it."""
    try:
        fields = _object(raw)
        return RecordedCluster(
            name,
            field(fields, "address", str),
            field(fields, "provider", str, CONSUL),
            field(fields, "identity", str, ""),
            field(fields, "version", str, ""),
            field(fields, "partition", _TEXT_OR_NONE, None),
            field(fields, "namespace", _TEXT_OR_NONE, None),
            field(fields, "options", dict, {}),
            dict(foreign(fields, _CLUSTER)),
        )
    except ValueError as error:
        raise Unreadable(f"its cluster {name!r} is malformed: {error}") from error


def resource_from(address: str, raw: object) -> Recorded:
    """Return a resource from parsed JSON. Raises `Unreadable` that names it."""
    try:
        fields = _object(raw)
        return Recorded(
            Address.parse(address),
            field(fields, "body", dict),
            field(fields, "provider", str, CONSUL),
            field(fields, "version", int, 0),
            _remote_ids(field(fields, "remote_ids", dict, {})),
            _references(field(fields, "depends_on", list, [])),
            field(fields, "shared", bool, False),
            field(fields, "protect", bool, False),
            field(fields, "pending", _TEXT_OR_NONE, None),
            {} if fields.keys() <= _RESOURCE else dict(foreign(fields, _RESOURCE)),
            field(fields, "adopted", bool, False),
        )
    except ValueError as error:
        raise Unreadable(f"its resource {address!r} is malformed: {error}") from error


def with_seal(recorded: Recorded, seal: Seal | None) -> Recorded:
    """Return a resource as read, with sealed leaves in place of digests in its body."""
    return replace(recorded, body=unsealed(recorded.body, seal))


def _object(raw: object) -> dict[str, Any]:
    if type(raw) is not dict:
        raise ValueError(f"expected an object, found {type(raw).__name__}")
    return raw


def field(raw: Mapping[str, Any], key: str, kinds: type | tuple[type, ...], *default: Any) -> Any:
    """Return a field of exactly one of these types (so that `true` is no number), or its default where
    absent.
    """
    if key not in raw:
        if default:
            return default[0]
        raise ValueError(f"{key!r} is missing")
    value = raw[key]
    if type(value) is kinds or (isinstance(kinds, tuple) and type(value) in kinds):
        return value
    raise ValueError(f"{key!r} is of type {type(value).__name__}")


def _remote_ids(values: dict[str, Any]) -> dict[str, str]:
    for value in values.values():
        if type(value) is not str:
            raise ValueError(f"'remote_ids' holds a value of type {type(value).__name__}")
    return values


def _references(items: list[Any]) -> tuple[Address, ...]:
    try:
        return tuple([_reference(item) for item in items])
    except (TypeError, ValueError) as error:
        raise ValueError(f"'depends_on' holds something else than addresses: {error}") from error


@lru_cache(maxsize=4096)
def _reference(text: str) -> Address:
    """Return an address that many resources refer to: it is parsed once."""
    return Address.parse(text)


def foreign(raw: Mapping[str, Any], known: frozenset[str]) -> Iterable[tuple[str, Any]]:
    """Return the keys that this version does not know, with their values, in order."""
    return sorted((key, value) for key, value in raw.items() if key not in known)
