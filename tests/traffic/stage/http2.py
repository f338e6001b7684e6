"""As much of HTTP/2 as it takes to give every request the same answer, without reading its headers."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _PING, _GOAWAY = 0, 1, 4, 6, 7
_ACK = _END_STREAM = 1
_END_HEADERS = 4
_STATUS_200 = b"\x88"  # `:status: 200` in HPACK's static table


class _Frame(NamedTuple):
    type: int
    flags: int
    stream: int
    payload: bytes = b""

    @property
    def bytes(self) -> bytes:
        head = struct.pack(">I", len(self.payload))[1:] + bytes([self.type, self.flags])
        return head + struct.pack(">I", self.stream) + self.payload


def begins(connection: BinaryIO) -> bool:
    """Say whether somebody speaks HTTP/2 from the start; reads nothing."""
    assert isinstance(connection, io.BufferedReader)
    return connection.peek(3)[:3] == _PREFACE[:3]


def serve(connection: BinaryIO, out: BinaryIO, answer: bytes) -> None:
    """Answer each request with 200 and this body, until the connection ends."""
    connection.read(len(_PREFACE))
    _send(out, _Frame(_SETTINGS, 0, 0))
    for frame in _frames(connection):
        if frame.type in (_SETTINGS, _PING) and not frame.flags & _ACK:
            payload = frame.payload if frame.type == _PING else b""
            _send(out, _Frame(frame.type, _ACK, 0, payload))
        if frame.type in (_HEADERS, _DATA) and frame.flags & _END_STREAM:
            head = _Frame(_HEADERS, _END_HEADERS, frame.stream, _STATUS_200)
            _send(out, head, _Frame(_DATA, _END_STREAM, frame.stream, answer))


def _frames(connection: BinaryIO) -> Iterator[_Frame]:
    while len(head := connection.read(9)) == 9:
        (length,) = struct.unpack(">I", b"\0" + head[:3])
        frame = _Frame(head[3], head[4], struct.unpack(">I", head[5:])[0], connection.read(length))
        if frame.type == _GOAWAY:
            return
        yield frame


def _send(out: BinaryIO, *frames: _Frame) -> None:
    out.write(b"".join(frame.bytes for frame in frames))
    out.flush()
