"""SIGINT, SIGTERM and SIGHUP, from the first line of the program to its last.

Until a run takes them over (`interrupts`), and again after it, nothing is being written: the process says
one line and ends at once, even while it imports, reads or prints. An exception would not do: raised
inside an import or a weak reference's callback it becomes a traceback, or is lost.

The exit code is 128 and the number of the signal, as a shell reports it: 129, 130, 143.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 130

_WORDS = {signal.SIGINT: "Interrupted", signal.SIGTERM: "Terminated", signal.SIGHUP: "Hangup"}

_received: list[int] = []


def handled() -> tuple[signal.Signals, ...]:
    """Return the signals that end a run. SIGHUP is left alone where it is ignored: `nohup` asked for that."""
    return tuple(
        number
        for number in _WORDS
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
    )


def leave_on_signals() -> None:
    """End the process in words at each of them, from now on."""
    for number in handled():
        signal.signal(number, _leave)


def received(number: int) -> None:
    """Keep that this signal came: the first one decides the word and the exit code."""
    _received.append(number)


def word() -> str:
    """Return how the run ended: `Interrupted`, `Terminated` or `Hangup`."""
    return _WORDS[signal.Signals(_received[0])] if _received else "Interrupted"


def exit_code(code: int) -> int:
    """Return the code of a run that may have been interrupted: 130 becomes 143 or 129 by the signal that
    came.
    """
    return 128 + _received[0] if code == INTERRUPTED and _received else code


def _leave(number: int, frame: FrameType | None) -> None:
    received(number)
    try:
        before = b"\n" if os.isatty(2) else b""
        os.write(2, before + f"{word()}.\n".encode())
    except OSError:
        pass  # no reader is left
    finally:
        os._exit(128 + _received[0])
