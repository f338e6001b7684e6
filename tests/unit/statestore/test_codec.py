"""State as text: nothing is lost, nothing is trusted, nothing is guessed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from reconciler.model.state import FORMAT_VERSION, Owner, State
from reconciler.sdk.secrets.secret import Secret
from reconciler.statestore.text import codec
from reconciler.statestore.text.codec import decode, encode
from reconciler.statestore.text.fields import Unreadable
from tests.support.tables import each
from tests.unit.statestore.samples import DC1, INTENTIONS, PEERING, recorded, states

STATE = State("lineage-1", 41, {"dc1": DC1}, {PEERING: recorded(), INTENTIONS: recorded(INTENTIONS)})


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(state=states)
def test_decoding_what_was_encoded_gives_the_same_state(state: State) -> None:
    assert decode(encode(state)) == state


@settings(max_examples=50, deadline=None)
@given(state=states)
def test_the_text_of_a_state_is_always_the_same_bytes(state: State) -> None:
    turned = replace(
        state,
        resources=dict(reversed(state.resources.items())),
        clusters=dict(reversed(state.clusters.items())),
    )
    assert encode(turned) == encode(state) == encode(decode(encode(state)))


def test_each_resource_has_its_own_line_that_starts_with_its_address() -> None:
    lines = encode(STATE).decode().splitlines()
    assert [line for line in lines if line.startswith(f' "{PEERING}":')]
    assert [line for line in lines if line.startswith(f' "{INTENTIONS}":')]
    assert json.loads(encode(STATE))["resources"].keys() == {str(PEERING), str(INTENTIONS)}


def test_reformatting_the_file_does_not_break_it() -> None:
    assert decode(json.dumps(json.loads(encode(STATE)), indent=4).encode()) == STATE


def test_an_owner_whose_name_has_its_former_key_is_read_in_any_layout() -> None:
    state = replace(STATE, owner=Owner("shop", ("../a.yaml",)))
    content, seal, _ = encode(state).rpartition(b'\n"checksum":"')
    content = content.replace(
        b'{"files":["../a.yaml"],"name":"shop"}', b'{"estate":"shop","files":["../a.yaml"]}'
    )
    former = content + seal + hashlib.sha256(content).hexdigest().encode() + b'"\n}\n'
    assert b"estate" in former
    assert decode(former) == state
    assert decode(json.dumps(json.loads(former), indent=4).encode()) == state


def test_checksum_of_reads_the_seal() -> None:
    assert codec.checksum_of(encode(STATE)) == json.loads(encode(STATE))["checksum"]


def test_every_flipped_bit_is_refused() -> None:
    good = encode(replace(STATE, resources={PEERING: recorded()}))
    for place in range(len(good)):
        for bit in (0x01, 0x20):
            bad = bytearray(good)
            bad[place] ^= bit
            try:
                assert decode(bytes(bad)) == decode(good), place  # white space for white space
            except Unreadable:
                continue
            assert good[place : place + 1].isspace(), place


def test_every_truncation_is_refused() -> None:
    good = encode(STATE)
    for size in range(len(good) - 1):
        with pytest.raises(Unreadable):
            decode(good[:size])


@each(
    ("path", "value"),
    [
        (("lineage",), 5),
        (("serial",), True),
        (("serial",), "41"),
        (("clusters",), []),
        (("clusters", "dc1"), None),
        (("clusters", "dc1", "address"), None),
        (("clusters", "dc1", "options"), "x"),
        (("clusters", "dc1", "partition"), 1),
        (("resources",), None),
        (("resources", str(PEERING)), "x"),
        (("resources", str(PEERING), "body"), []),
        (("resources", str(PEERING), "version"), True),
        (("resources", str(PEERING), "version"), 1.5),
        (("resources", str(PEERING), "remote_ids"), {"dc1": 1}),
        (("resources", str(PEERING), "depends_on"), ["nowhere"]),
        (("resources", str(PEERING), "depends_on"), [1]),
        (("resources", str(PEERING), "shared"), 0),
        (("resources", str(PEERING), "pending"), False),
        (("format_version",), "1"),
        (("format_version",), 0),
        (("format_version",), True),
        (("checksum",), None),
        (("checksum",), "0" * 64),
    ],
)
def test_a_wrong_type_is_refused_by_name(path: tuple[str, ...], value: object) -> None:
    raw = json.loads(encode(STATE))
    holder = raw
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    with pytest.raises(Unreadable) as caught:
        decode(json.dumps(raw).encode())
    assert path[-1] in str(caught.value) or path[-1] in str(PEERING), str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"\xff\xfe", b"\x00" * 64, b"[" * 100_000, b"1" * 5000, b'{"a":NaN}']
)
def test_what_is_no_state_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(data)


def test_a_newer_format_is_refused_with_both_versions() -> None:
    raw = json.loads(encode(STATE)) | {"format_version": FORMAT_VERSION + 1}
    with pytest.raises(Unreadable, match=rf"{FORMAT_VERSION + 1}; .* {FORMAT_VERSION}$") as caught:
        decode(json.dumps(raw).encode())
    assert caught.value.newer


def test_a_secret_cannot_be_written_and_is_not_shown() -> None:
    with pytest.raises(TypeError) as caught:
        encode(replace(STATE, extra={"token": Secret("s3cr3t")}))
    assert "s3cr3t" not in str(caught.value)
