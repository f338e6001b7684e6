"""State as JSON text, one cluster or resource a line, sealed with a SHA-256 of everything above the seal.

The text of a State is always the same bytes: keys sorted, resources by address. A file that was only
reformatted (by `jq`, say) is still accepted, because its content makes the same text again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reconciler.model.state import FORMAT_VERSION, Owner, State
from reconciler.sdk.process.collecting import no_collection
from reconciler.sdk.secrets.sensitive import SEALED, Seal
from reconciler.statestore.text.fields import (
    FORMER_NAME,
    Unreadable,
    cluster_from,
    field,
    foreign,
    owner_from,
    resource_from,
    saved_from,
    with_seal,
)
from reconciler.statestore.text.texts import (
    address_text,
    cluster_text,
    dumps,
    owner_text,
    resource_text,
    saved_text,
)

_SEAL = '\n"checksum":"'
_KEY = "sensitive_key"
_TOP = frozenset(
    {"format_version", "lineage", "serial", "clusters", "resources", "checksum", "owner", "saved", _KEY}
)
_JSON = {
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}


def encode(state: State) -> bytes:
    """Return the State as sealed text. Raises `TypeError` or `ValueError` for what is not plain JSON data."""
    clusters = {name: cluster_text(cluster) for name, cluster in state.clusters.items()}
    resources = {
        address_text(address): resource_text(one, state.seal) for address, one in state.resources.items()
    }
    return document(state, clusters, resources)


def document(state: State, clusters: Mapping[str, str], resources: Mapping[str, str]) -> bytes:
    """Return sealed text from parts that are text already; of `state`, the other fields are taken."""
    extra = (f"{dumps(key)}:{dumps(value)}" for key, value in foreign(state.extra, _TOP))
    parts = [
        f'"format_version":{FORMAT_VERSION}',
        f'"lineage":{dumps(state.lineage)}',
        f'"serial":{dumps(state.serial)}',
        f'"clusters":{_lines(clusters)}',
        f'"resources":{_lines(resources)}',
        *([f'"owner":{owner_text(state.owner)}'] if state.owner is not None else []),
        *([f'"{_KEY}":{dumps(state.seal.key)}'] if state.seal is not None else []),
        *([f'"saved":{saved_text(state.saved)}'] if state.saved is not None else []),
        *extra,
    ]
    content = ("{\n" + ",\n".join(parts) + ",").encode("ascii")
    return content + f'{_SEAL}{_digest(content)}"\n}}\n'.encode("ascii")


def decode(data: bytes) -> State:
    """Return the State in sealed text. Raises `Unreadable`."""
    return unseal(data)[0]


def unseal(data: bytes) -> tuple[State, str]:
    """Return the State in sealed text, and its checksum. Raises `Unreadable`."""
    with no_collection():
        raw = _parse(data)
        _check_format(raw.get("format_version"))
        state = _state(raw, holds_sealed=f'"{SEALED}"'.encode() in data)
    checksum = raw.get("checksum")
    if not isinstance(checksum, str):
        raise Unreadable("it has no checksum")
    if checksum != _digest(_content(data)) and checksum not in _checksums(state):  # the second is slow
        raise Unreadable("its checksum does not match its content")
    return state, checksum


def decode_edited(data: bytes) -> State:
    """Return the State in a text that was edited by hand: its checksum is not looked at. Raises
    `Unreadable`.
    """
    raw = _parse(data)
    _check_format(raw.get("format_version"))
    return _state(raw, holds_sealed=True)


def checksum_of(data: bytes) -> str:
    """Return the checksum in sealed text that was made by `encode` or `document`."""
    start = data.rindex(_SEAL.encode("ascii")) + len(_SEAL)
    return data[start : start + 64].decode("ascii")


def _state(raw: Mapping[str, Any], *, holds_sealed: bool) -> State:
    try:
        lineage, serial = field(raw, "lineage", str), field(raw, "serial", int)
        clusters, resources = field(raw, "clusters", dict), field(raw, "resources", dict)
        key = field(raw, _KEY, str, "")
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
        dict(foreign(raw, _TOP)),
        seal,
        owner_from(raw["owner"]) if raw.get("owner") is not None else None,
        saved_from(raw["saved"]) if raw.get("saved") is not None else None,
    )


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
    former = owner_text(owner, key=FORMER_NAME).encode("ascii")
    return _digest(content), _digest(content.replace(owner_text(owner).encode("ascii"), former, 1))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
