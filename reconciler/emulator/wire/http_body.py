"""The body of an HTTP request as Go reads it: of a given length, or in chunks."""

from __future__ import annotations

import re

HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]+")
LONGEST_LINE = 4096


class BrokenBody(bytes):
    """A body that ends in a transfer error: `error` is Go's text, what came before it the content."""

    error: str

    def __new__(cls, content: bytes, error: str) -> BrokenBody:
        """Return the content with the error that ended it."""
        made = super().__new__(cls, content)
        made.error = error
        return made


class Chunks:
    """Takes a chunked body apart. `feed` returns what comes behind the end, None before it.

    `body` is the content so far, `error` Go's text for what is none.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self._missing = 0
        self._state = "size"
        self.content = bytearray()
        self.error = ""

    @property
    def body(self) -> bytes:
        """Return the content."""
        return BrokenBody(bytes(self.content), self.error) if self.error else bytes(self.content)

    def feed(self, data: bytes | bytearray) -> bytes | None:
        """Take more bytes."""
        self._pending += data
        while not self.error:
            step = {"size": self._size, "data": self._data, "end": self._end, "trailer": self._trailer}
            if not step[self._state]():
                return None
            if self._state == "done":
                return bytes(self._pending)
        return b""

    def _line(self) -> bytes | None:
        """Return the next line without its end, None where it is not whole; a bare line feed is an error."""
        place = self._pending.find(b"\n")
        if place < 0:
            if len(self._pending) > LONGEST_LINE:
                self.error = "header line too long"
            return None
        line = bytes(self._pending[:place])
        del self._pending[: place + 1]
        if self._state == "size" and not line.endswith(b"\r"):
            self.error = "chunked line ends with bare LF"
            return None
        return line.removesuffix(b"\r")

    def _size(self) -> bool:
        line = self._line()
        if line is None:
            return bool(self.error)
        text = line.partition(b";")[0].rstrip(b" \t")
        if not text:
            self.error = "empty hex number for chunk length"
        elif not HEXADECIMAL.fullmatch(text):
            self.error = "invalid byte in chunk length"
        elif len(text) > 16:
            self.error = "http chunk length too large"
        else:
            self._missing = int(text, 16)
            self._state = "data" if self._missing else "trailer"
        return True

    def _data(self) -> bool:
        taken = self._pending[: self._missing]
        del self._pending[: len(taken)]
        self.content += taken
        self._missing -= len(taken)
        if self._missing:
            return False
        self._state = "end"
        return True

    def _end(self) -> bool:
        if len(self._pending) < 2:
            return False
        if self._pending[:2] != b"\r\n":
            self.error = "malformed chunked encoding"
            return True
        del self._pending[:2]
        self._state = "size"
        return True

    def _trailer(self) -> bool:
        line = self._line()
        if line == b"":
            self._state = "done"
        return line is not None
