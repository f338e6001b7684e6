"""A real terminal in front of the command."""

from __future__ import annotations

import os
import pty
import select
from types import TracebackType

from tests.support.command.lab import CommandLab
from tests.support.patience import LIMIT


class Terminal:
    """The command on a terminal: read what it shows, type answers."""

    def __init__(self, lab: CommandLab, *argv: str) -> None:
        self.lab = lab
        self.argv = argv
        self.seen = b""

    def __enter__(self) -> Terminal:
        self.lab.environ.setdefault("TERM", "xterm")
        self.leader, follower = pty.openpty()
        self.process = self.lab.start(*self.argv, stdin=follower, stdout=follower, stderr=follower)
        os.close(follower)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.leader)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _read(self) -> bool:
        """Take what is shown next; `False` at the end."""
        assert select.select([self.leader], [], [], LIMIT)[0], f"nothing more is shown: {self.seen!r}"
        try:
            chunk = os.read(self.leader, 65536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self.seen += chunk
        return bool(chunk)

    def wait_for(self, text: bytes) -> None:
        """Read until this is shown."""
        while text not in self.seen:
            assert self._read(), f"ended without {text!r}: {self.seen!r}"

    def type(self, text: bytes) -> None:
        """Type."""
        os.write(self.leader, text)

    def end(self) -> int:
        """Read to the end; gives the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=LIMIT)
