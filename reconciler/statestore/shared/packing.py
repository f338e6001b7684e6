"""Documents as a server keeps them: the one place where their bytes are packed and unpacked."""

from __future__ import annotations

import zlib

from reconciler.statestore.text.fields import Unreadable

_PLAIN = b"reconciler/1 plain\n"
_ZLIB = b"reconciler/1 zlib\n"
_SMALL = 16 << 10  # bytes below which a document stays readable for people
_MOST = 1 << 30  # bytes that a document may unpack to


def packed(data: bytes) -> bytes:
    """Return the bytes to keep for this content: compressed where it is worth it."""
    return _PLAIN + data if len(data) < _SMALL else _ZLIB + zlib.compress(data)


def unpacked(data: bytes) -> bytes:
    """Return the content of kept bytes. Raises `Unreadable`."""
    if data.startswith(_PLAIN):
        return data[len(_PLAIN) :]
    if not data.startswith(_ZLIB):
        newer = data.startswith(b"reconciler/")
        raise Unreadable(
            "it is packed in a way that is not known" if newer else "it is no state", newer=newer
        )
    inflate = zlib.decompressobj()
    try:
        content = inflate.decompress(data[len(_ZLIB) :], _MOST)
    except zlib.error as error:
        raise Unreadable(f"it cannot be unpacked: {error}") from error
    if not inflate.eof:
        raise Unreadable("it cannot be unpacked: it is cut off")
    return content
