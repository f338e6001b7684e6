"""One question to an agent's DNS: which addresses a name has."""

from __future__ import annotations

import socket
import struct

_RECURSION_DESIRED, _A, _IN = 0x0100, 1, 1


def lookup(name: str, port: int) -> list[str]:
    """The IPv4 addresses of a name; none where it does not exist. Raises `TimeoutError`."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = labels + b"\0" + struct.pack(">HH", _A, _IN)
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.settimeout(30)
        asking.sendto(struct.pack(">6H", 7, _RECURSION_DESIRED, 1, 0, 0, 0) + question, ("127.0.0.1", port))
        answer = asking.recv(4096)
    count = struct.unpack(">H", answer[6:8])[0]
    return _addresses(answer, 12 + len(question), count)


def _addresses(answer: bytes, at: int, count: int) -> list[str]:
    out = []
    for _ in range(count):
        at = _after_name(answer, at)
        type_, _, _, length = struct.unpack(">HHIH", answer[at : at + 10])
        data = answer[at + 10 : at + 10 + length]
        out += [socket.inet_ntoa(data)] if type_ == _A else []
        at += 10 + length
    return out


def _after_name(answer: bytes, at: int) -> int:
    while answer[at]:
        if answer[at] >= 0xC0:  # the rest is elsewhere
            return at + 2
        at += answer[at] + 1
    return at + 1
