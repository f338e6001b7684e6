"""Processes that end with the tests, and ports that stay free until they are used."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_BELOW_EPHEMERAL = range(10_000, 32_000)  # a port that no outgoing connection can take meanwhile
_given: set[int] = set()


def free_port() -> int:
    """A loopback port that nothing listens on, given out once."""
    for _ in range(1_000):
        port = random.choice(_BELOW_EPHEMERAL)
        with suppress(OSError), socket.socket() as tried, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            tried.bind(("127.0.0.1", port))
            datagrams.bind(("127.0.0.1", port))  # DNS answers on both
            if port not in _given:
                _given.add(port)
                return port
    raise OSError("no free port between 10000 and 32000")


def started(argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """A process that writes to `log`; the kernel kills it should the tests die before they do."""
    setpriv = shutil.which("setpriv")
    guard = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    with log.open("ab") as out:
        return subprocess.Popen([*guard, *argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out)


def ended(process: subprocess.Popen[bytes]) -> None:
    """Kill it, and wait until it is gone."""
    process.kill()
    process.wait(10)
