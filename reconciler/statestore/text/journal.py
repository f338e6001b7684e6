"""The journal's text: what happened since a snapshot, one line each, every line sealed.

The first line names the snapshot that it continues. A line is eight hex digits, a space and compact JSON; the
digits are a CRC-32 that goes on from the line before, so that a missing, doubled or moved line shows as well
as an altered one. A process that dies while writing leaves a last line without its newline: that one was
never acknowledged and is ignored. Any other broken line means damage.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from reconciler.model.state import Owner, Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.secrets.sensitive import Seal
from reconciler.statestore.text.fields import Unreadable, cluster_from, owner_from, resource_from, with_seal
from reconciler.statestore.text.texts import dumps, owner_text

JOURNAL_VERSION = 1


@dataclass(frozen=True, slots=True)
class Header:
    """The snapshot that a journal continues. Without one: serial 0 and an empty checksum."""

    lineage: str
    serial: int
    snapshot: str


@dataclass(frozen=True, slots=True)
class Put:
    """An intent or an outcome: the resource is recorded like this."""

    recorded: Recorded


@dataclass(frozen=True, slots=True)
class Drop:
    """The resource is no longer recorded."""

    address: Address


@dataclass(frozen=True, slots=True)
class SawCluster:
    """The cluster is recorded like this."""

    cluster: RecordedCluster


@dataclass(frozen=True, slots=True)
class ForgetCluster:
    """The cluster is no longer recorded."""

    name: str


@dataclass(frozen=True, slots=True)
class MadeKey:
    """From here on sensitive values are digested under this key."""

    seal: Seal


@dataclass(frozen=True, slots=True)
class Owned:
    """The State belongs to this configuration."""

    owner: Owner


Entry = Put | Drop | SawCluster | ForgetCluster | MadeKey | Owned


@dataclass(frozen=True, slots=True)
class Scan:
    """A journal as read: its intact bytes, and the CRC that the next line goes on from."""

    header: Header
    entries: tuple[Entry, ...]
    intact: bytes
    crc: int


class BrokenLine(Unreadable):
    """A journal's line that is damaged. `line` counts from 1."""

    def __init__(self, line: int, why: str, *, newer: bool = False) -> None:
        super().__init__(f"its line {line} {why}", newer=newer)
        self.line = line


def header_text(header: Header) -> str:
    """Return the payload of a journal's first line."""
    return dumps(
        {
            "journal": JOURNAL_VERSION,
            "lineage": header.lineage,
            "serial": header.serial,
            "snapshot": header.snapshot,
        }
    )


def put_text(op: str, address: str, resource: str) -> str:
    """Return the payload of an `intent` or `applied` line; `resource` is JSON already."""
    return f'{{"op":"{op}","address":{dumps(address)},"resource":{resource}}}'


def drop_text(address: str) -> str:
    """Return the payload of a `removed` line."""
    return f'{{"op":"removed","address":{dumps(address)}}}'


def cluster_text(name: str, cluster: str) -> str:
    """Return the payload of a `cluster` line; `cluster` is JSON already."""
    return f'{{"op":"cluster","name":{dumps(name)},"cluster":{cluster}}}'


def forget_text(name: str) -> str:
    """Return the payload of a `forget-cluster` line."""
    return f'{{"op":"forget-cluster","name":{dumps(name)}}}'


def owner_line(owner: Owner) -> str:
    """Return the payload of an `owner` line."""
    return f'{{"op":"owner","owner":{owner_text(owner)}}}'


def key_text(key: str) -> str:
    """Return the payload of a `sensitive-key` line."""
    return f'{{"op":"sensitive-key","key":{dumps(key)}}}'


def is_about_object(payload: str) -> bool:
    """Say whether a payload is that of an intent, an outcome or a removal."""
    return payload.startswith(('{"op":"intent"', '{"op":"applied"', '{"op":"removed"'))


def seal(payload: str, crc: int) -> tuple[bytes, int]:
    """Return a payload as a journal line that follows a line of this CRC (the first: 0), and its own CRC."""
    data = payload.encode("ascii")
    crc = zlib.crc32(data, crc)
    return b"%08x %b\n" % (crc, data), crc


def sealed(payloads: Iterable[str], crc: int) -> tuple[bytes, int]:
    """Return payloads as lines that follow a line of this CRC (none: 0), and the CRC of the last one."""
    lines = []
    for payload in payloads:
        line, crc = seal(payload, crc)
        lines.append(line)
    return b"".join(lines), crc


def scan(data: bytes) -> Scan:
    """Read a journal. Raises `BrokenLine` for damage and for what only a later version understands."""
    lines = data.split(b"\n")
    torn = lines.pop()
    if not lines:
        raise BrokenLine(1, "is incomplete")
    raw, crc = _unseal(1, lines[0], 0)
    header, found = _header(raw), []
    for number, line in enumerate(lines[1:], 2):
        raw, crc = _unseal(number, line, crc)
        found.append(_entry(number, raw))
    return Scan(header, tuple(found), data[: len(data) - len(torn)], crc)


def entries(payloads: Iterable[str]) -> list[Entry]:
    """Return the entries of payloads that are known to be intact."""
    return [_entry(number, json.loads(payload)) for number, payload in enumerate(payloads, 1)]


def replay(state: State, happened: Iterable[Entry]) -> State:
    """Return the State after these entries."""
    clusters, resources, key = dict(state.clusters), dict(state.resources), state.seal
    owner = state.owner
    for entry in happened:
        match entry:
            case Put(recorded):
                resources[recorded.address] = with_seal(recorded, key)
            case MadeKey(made):
                key = made
            case Drop(address):
                resources.pop(address, None)
            case SawCluster(cluster):
                clusters[cluster.name] = cluster
            case ForgetCluster(name):
                clusters.pop(name, None)
            case Owned(owner):
                pass
    return replace(state, clusters=clusters, resources=resources, seal=key, owner=owner)


def _unseal(number: int, line: bytes, crc: int) -> tuple[dict[str, Any], int]:
    crc = zlib.crc32(line[9:], crc)
    if line[:9] != b"%08x " % crc:
        raise BrokenLine(number, "does not match its checksum")
    try:
        raw = json.loads(line[9:])
    except (ValueError, RecursionError) as error:
        raise BrokenLine(number, f"is not JSON: {error}") from error
    if type(raw) is not dict:
        raise BrokenLine(number, "is not an object")
    return raw, crc


def _header(raw: dict[str, Any]) -> Header:
    version = raw.get("journal")
    if type(version) is int and version > JOURNAL_VERSION:
        raise BrokenLine(1, f"is of journal format {version}; known is {JOURNAL_VERSION}", newer=True)
    header = Header(raw.get("lineage", ""), raw.get("serial", 0), raw.get("snapshot", ""))
    types = (type(version), type(header.lineage), type(header.serial), type(header.snapshot))
    if types != (int, str, int, str) or not header.lineage:
        raise BrokenLine(1, "is not a journal's header")
    return header


def _entry(number: int, raw: dict[str, Any]) -> Entry:
    try:
        match raw:
            case {"op": "intent" | "applied", "address": str(address), "resource": resource}:
                return Put(resource_from(address, resource))
            case {"op": "removed", "address": str(address)}:
                return Drop(Address.parse(address))
            case {"op": "cluster", "name": str(name), "cluster": cluster}:
                return SawCluster(cluster_from(name, cluster))
            case {"op": "forget-cluster", "name": str(name)}:
                return ForgetCluster(name)
            case {"op": "owner", "owner": raw_owner}:
                return Owned(owner_from(raw_owner))
            case {"op": "sensitive-key", "key": str(key)}:
                return MadeKey(Seal(key))
    except (Unreadable, ValueError) as error:
        raise BrokenLine(number, f"is malformed: {error}") from error
    raise BrokenLine(number, f"holds an unknown entry {raw.get('op')!r}", newer=True)
