"""State as JSON text, one cluster or resource a line, sealed with a SHA-256 of everything above the seal.

The text of a State is always the same bytes: keys sorted, resources by address. A file that was only
reformatted (by `jq`, say) is still accepted, because its content makes the same text again. Keys that this
version does not know are kept as they are. No `default` is given to the encoder: a `Secret`, or anything else
that is not plain data, raises `TypeError`. Of a sensitive value only its digest is written, under the
State's key.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

from reconciler.model.state import FORMAT_VERSION, Owner, Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.consul import CONSUL
from reconciler.sdk.secrets.sensitive import SEALED, Seal, leaves, sealed, unsealed

_SEAL = '\n"checksum":"'
_KEY = "sensitive_key"
_TOP = frozenset({"format_version", "lineage", "serial", "clusters", "resources", "checksum", "owner", _KEY})
_CLUSTER = frozenset(
    {"address", "provider", "identity", "version", "partition", "namespace", "options"},
)
_RESOURCE = frozenset(
    {"body", "provider", "version", "remote_ids", "depends_on", "shared", "protect", "pending", "adopted"},
)
_JSON = {
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}
_TEXT_OR_NONE = (str, type(None))
_FORMER_NAME = "estate"  # what the key `name` of an owner was called

dumps = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False).encode


class Unreadable(Exception):
    """Stored text that cannot be trusted; the message says why. `newer`: a later version wrote it."""

    def __init__(self, why: str, *, newer: bool = False) -> None:
        super().__init__(why)
        self.newer = newer


class NoSeal(TypeError):
    """A sensitive value was to be written without a seal."""


def encode(state: State) -> bytes:
    """Return the State as sealed text. Raises `TypeError` or `ValueError` for what is not plain JSON data."""
    clusters = {name: cluster_text(cluster) for name, cluster in state.clusters.items()}
    resources = {
        address_text(address): resource_text(one, state.seal) for address, one in state.resources.items()
    }
    return document(state, clusters, resources)


def document(state: State, clusters: Mapping[str, str], resources: Mapping[str, str]) -> bytes:
    """Return sealed text from parts that are text already; of `state`, the other fields are taken."""
    extra = (f"{dumps(key)}:{dumps(value)}" for key, value in _foreign(state.extra, _TOP))
    parts = [
        f'"format_version":{FORMAT_VERSION}',
        f'"lineage":{dumps(state.lineage)}',
        f'"serial":{dumps(state.serial)}',
        f'"clusters":{_lines(clusters)}',
        f'"resources":{_lines(resources)}',
        *([f'"owner":{owner_text(state.owner)}'] if state.owner is not None else []),
        *([f'"{_KEY}":{dumps(state.seal.key)}'] if state.seal is not None else []),
        *extra,
    ]
    content = ("{\n" + ",\n".join(parts) + ",").encode("ascii")
    return content + f'{_SEAL}{_digest(content)}"\n}}\n'.encode("ascii")


def owner_text(owner: Owner, *, key: str = "name") -> str:
    """Return the owner as compact JSON, with its name under `key`."""
    former = {"former": owner.former} if owner.former else {}
    return dumps({key: owner.name, "files": owner.files, **former})


def owner_from(raw: object) -> Owner:
    """Return the owner from parsed JSON. Raises `Unreadable`."""
    try:
        fields = _object(raw)
        files, former = _field(fields, "files", list, []), _field(fields, "former", list, [])
        if not all(type(item) is str for item in (*files, *former)):
            raise ValueError("'files' or 'former' holds something else than texts")
        name = _field(fields, "name", _TEXT_OR_NONE, _field(fields, _FORMER_NAME, _TEXT_OR_NONE, None))
        return Owner(name, tuple(files), tuple(former))
    except ValueError as error:
        raise Unreadable(f"its owner is malformed: {error}") from error


def cluster_text(cluster: RecordedCluster) -> str:
    """Return one cluster as compact JSON, without its name."""
    return dumps(
        {
            **cluster.extra,
            "address": cluster.address,
            "provider": cluster.provider,
            "identity": cluster.identity,
            "version": cluster.version,
            "partition": cluster.partition,
            "namespace": cluster.namespace,
            "options": cluster.options,
        }
    )


def resource_text(recorded: Recorded, seal: Seal | None = None) -> str:
    """Return one resource as compact JSON, without its address. Raises `NoSeal` where something in it is
    sensitive and there is no seal to make its digest.
    """
    try:
        return _resource_text(recorded, recorded.body)
    except TypeError:  # seldom: something in it is not plain
        if seal is None and any(leaf.known for leaf in leaves(recorded.body)):
            raise NoSeal(f"{recorded.address} holds a sensitive value, and there is no seal") from None
        return _resource_text(recorded, sealed(recorded.body, seal))


def _resource_text(recorded: Recorded, body: Mapping[str, Any]) -> str:
    return dumps(
        {
            **recorded.extra,
            "body": body,
            "provider": recorded.provider,
            "version": recorded.version,
            "remote_ids": recorded.remote_ids,
            "depends_on": [address_text(address) for address in recorded.depends_on],
            "shared": recorded.shared,
            "protect": recorded.protect,
            "pending": recorded.pending,
            **({"adopted": True} if recorded.adopted else {}),
        }
    )


def address_text(address: Address) -> str:
    """Return the address as text. Raises `ValueError` where that text would not be read as the
    same address.
    """
    text = str(address)
    if Address.parse(text) != address:
        raise ValueError(f"the address {address!r} cannot be written: {text!r} means another one")
    return text


def decode(data: bytes) -> State:
    """Return the State in sealed text. Raises `Unreadable`."""
    return unseal(data)[0]


def unseal(data: bytes) -> tuple[State, str]:
    """Return the State in sealed text, and its checksum. Raises `Unreadable`."""
    with _no_collection():
        raw = _parse(data)
        _check_format(raw.get("format_version"))
        state = _state(raw, holds_sealed=f'"{SEALED}"'.encode() in data)
    checksum = raw.get("checksum")
    if not isinstance(checksum, str):
        raise Unreadable("it has no checksum")
    if checksum != _digest(_content(data)) and checksum not in _checksums(state):  # the second is slow
        raise Unreadable("its checksum does not match its content")
    return state, checksum


def checksum_of(data: bytes) -> str:
    """Return the checksum in sealed text that was made by `encode` or `document`."""
    start = data.rindex(_SEAL.encode("ascii")) + len(_SEAL)
    return data[start : start + 64].decode("ascii")


def cluster_from(name: str, raw: object) -> RecordedCluster:
    """Return a cluster from parsed JSON. Raises `Unreadable` that names it."""
    try:
        fields = _object(raw)
        return RecordedCluster(
            name,
            _field(fields, "address", str),
            _field(fields, "provider", str, CONSUL),
            _field(fields, "identity", str, ""),
            _field(fields, "version", str, ""),
            _field(fields, "partition", _TEXT_OR_NONE, None),
            _field(fields, "namespace", _TEXT_OR_NONE, None),
            _field(fields, "options", dict, {}),
            dict(_foreign(fields, _CLUSTER)),
        )
    except ValueError as error:
        raise Unreadable(f"its cluster {name!r} is malformed: {error}") from error


def resource_from(address: str, raw: object) -> Recorded:
    """Return a resource from parsed JSON. Raises `Unreadable` that names it."""
    try:
        fields = _object(raw)
        return Recorded(
            Address.parse(address),
            _field(fields, "body", dict),
            _field(fields, "provider", str, CONSUL),
            _field(fields, "version", int, 0),
            _remote_ids(_field(fields, "remote_ids", dict, {})),
            _references(_field(fields, "depends_on", list, [])),
            _field(fields, "shared", bool, False),
            _field(fields, "protect", bool, False),
            _field(fields, "pending", _TEXT_OR_NONE, None),
            {} if fields.keys() <= _RESOURCE else dict(_foreign(fields, _RESOURCE)),
            _field(fields, "adopted", bool, False),
        )
    except ValueError as error:
        raise Unreadable(f"its resource {address!r} is malformed: {error}") from error


def _state(raw: Mapping[str, Any], *, holds_sealed: bool) -> State:
    try:
        lineage, serial = _field(raw, "lineage", str), _field(raw, "serial", int)
        clusters, resources = _field(raw, "clusters", dict), _field(raw, "resources", dict)
        key = _field(raw, _KEY, str, "")
    except ValueError as error:
        raise Unreadable(str(error)) from error
    recorded = [resource_from(address, one) for address, one in resources.items()]
    seal = Seal(key) if key else None
    if holds_sealed:
        recorded = [with_seal(one, seal) for one in recorded]
    return State(
        lineage,
        serial,
        {name: cluster_from(name, one) for name, one in clusters.items()},
        {one.address: one for one in recorded},
        dict(_foreign(raw, _TOP)),
        seal,
        owner_from(raw["owner"]) if raw.get("owner") is not None else None,
    )


def with_seal(recorded: Recorded, seal: Seal | None) -> Recorded:
    """Return a resource as read, with sealed leaves in place of digests in its body."""
    return replace(recorded, body=unsealed(recorded.body, seal))


def _parse(data: bytes) -> Mapping[str, Any]:
    if not data:
        raise Unreadable("it is empty (zero bytes)")
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is not complete JSON: {error}") from error
    if type(raw) is not dict:
        raise Unreadable(f"it is JSON, but no state: an object is expected, not {_JSON[type(raw)]}")
    return raw


def _check_format(version: object) -> None:
    if type(version) is not int or version < 1:
        raise Unreadable(f"its format_version is {version!r}, not a positive integer")
    if version > FORMAT_VERSION:
        raise Unreadable(
            f"its format_version is {version}; this version of reconciler reads up to {FORMAT_VERSION}",
            newer=True,
        )


@lru_cache(maxsize=4096)
def _reference(text: str) -> Address:
    """Return an address that many resources refer to: it is parsed once."""
    return Address.parse(text)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the garbage collector: thousands of records are created and none is garbage; it would take half
    the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _object(raw: object) -> dict[str, Any]:
    if type(raw) is not dict:
        raise ValueError(f"expected an object, found {type(raw).__name__}")
    return raw


def _field(raw: Mapping[str, Any], key: str, kinds: type | tuple[type, ...], *default: Any) -> Any:
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


def _foreign(raw: Mapping[str, Any], known: frozenset[str]) -> Iterable[tuple[str, Any]]:
    return sorted((key, value) for key, value in raw.items() if key not in known)


def _lines(parts: Mapping[str, str]) -> str:
    if not parts:
        return "{}"
    return "{\n " + ",\n ".join(f"{dumps(key)}:{parts[key]}" for key in sorted(parts)) + "}"


def _content(data: bytes) -> bytes:
    """Return what the seal covers in a file as we write it; empty for a file that was reformatted."""
    return data[: max(data.rfind(_SEAL.encode("ascii")), 0)]


def _checksums(state: State) -> tuple[str, str]:
    """Return the checksums of a state whose text was laid out again: as we write it, and as it was written
    when the owner's name had its former key.
    """
    content, owner = _content(encode(state)), state.owner or Owner()
    former = owner_text(owner, key=_FORMER_NAME).encode("ascii")
    return _digest(content), _digest(content.replace(owner_text(owner).encode("ascii"), former, 1))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
