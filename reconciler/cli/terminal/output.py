"""Where text goes: a stream, with or without colours, that may break without a word.

GitHub reads workflow commands from the log of a job, stdout and stderr alike. Names and messages of servers
are in what is printed there, and must not be commands. Only `verbatim` prints commands of our own.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TextIO, cast

from reconciler.sdk.secrets.scrub import scrubbed

if TYPE_CHECKING:
    from io import TextIOWrapper

    from reconciler.render.text.lines import Line

# A command is at the start of a line, after spaces, or after ##[ anywhere (Runner.Common/ActionCommand.cs of
# github.com/actions/runner). A line there also ends at a carriage return.
_COMMAND = re.compile(r"((?:\A|[\r\n])[^\S\r\n]*):(?=:)|#(?=#\[)")

_broken: dict[int, OSError] = {}  # by file descriptor: why it takes no more


class Output:
    """One stream. A reader that went away (`| head`) ends the output, not the run.

    `is_log`: GitHub reads commands in it; without it, the environment says whether that is so.
    """

    def __init__(self, stream: TextIO, colour: bool, *, is_log: bool | None = None) -> None:
        self.stream = stream
        self.colour = colour
        self.is_log = is_on_github(os.environ) if is_log is None else is_log
        self._held = ""  # what was written last and may still be in the stream's buffer
        if hasattr(stream, "reconfigure") and stream.errors != "backslashreplace":
            self._reconfigure(stream)

    @staticmethod
    def _reconfigure(stream: TextIO) -> None:
        """Have what the encoding lacks written as escapes. This writes what is buffered."""
        try:
            cast("TextIOWrapper", stream).reconfigure(errors="backslashreplace")
        except OSError as error:
            _note(stream, error)

    @property
    def is_terminal(self) -> bool:
        """Whether it is a terminal."""
        return _isatty(self.stream)

    def lines(self, lines: Iterable[Line]) -> None:
        """Write lines."""
        self.text(self.painted(lines))

    def painted(self, lines: Iterable[Line]) -> str:
        """Return lines as this stream shows them: a terminal breaks long ones between words."""
        from reconciler.render.text.lines import paint

        if self.is_terminal:
            from reconciler.render.text.wrapping import wrapped

            lines = wrapped(lines, shutil.get_terminal_size().columns)
        return paint(lines, colour=self.colour)

    def text(self, text: str) -> None:
        """Write text that is already fit to be shown: no secret, and on GitHub no command, passes here."""
        self.verbatim(_COMMAND.sub(_spelled, text) if self.is_log else text)

    def json(self, text: str) -> None:
        """Write JSON; on GitHub with an escape in place of what would be a command. It means the same."""
        self.verbatim(text.replace("##[", "\\u0023#[") if self.is_log else text)

    def verbatim(self, text: str) -> None:
        """Write text as it is, also commands for GitHub. No secret passes here."""
        if _number(self.stream) in _broken:
            return
        said = scrubbed(text)
        try:
            self.stream.write(said)
            self._held = said
        except RuntimeError:
            self._past_the_buffer(said)
        except OSError as error:
            _note(self.stream, error)

    def flush(self) -> None:
        """Hand over what is buffered."""
        if _number(self.stream) in _broken:
            return
        try:
            self.stream.flush()
            self._held = ""
        except RuntimeError:
            self._past_the_buffer(self._held)
        except OSError as error:
            _note(self.stream, error)

    def _past_the_buffer(self, said: str) -> None:
        """Write text straight to the file: a signal's handler speaks while the stream is being written, and
        `io.BufferedWriter` refuses a second call with `RuntimeError` and drops the text.
        """
        self._held = ""
        try:
            os.write(self.stream.fileno(), said.encode(self.stream.encoding, "backslashreplace"))
        except OSError as error:
            _note(self.stream, error)


def is_on_github(environ: Mapping[str, str]) -> bool:
    """Say whether this is a job on GitHub, which reads commands in its log."""
    return environ.get("GITHUB_ACTIONS") == "true"


def _spelled(found: re.Match[str]) -> str:
    """Return the start of a command with its first character spelled out, as control characters are."""
    return "\\x23" if found[1] is None else f"{found[1]}\\x3a"


def _isatty(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def _number(stream: TextIO) -> int:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return -1


def _note(stream: TextIO, error: OSError) -> None:
    """Remember that the stream is broken; what it still buffers goes nowhere, so that exit is quiet."""
    number = _number(stream)
    _broken[number] = error
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def end_output(code: int) -> int:
    """Flush both streams. Output that could not be written turns success into an error."""
    for stream in (sys.stdout, sys.stderr):
        Output(stream, False).flush()
    lost = _broken.get(_number(sys.stdout))
    if lost is None or isinstance(lost, BrokenPipeError):
        return code
    Output(sys.stderr, False).text(f"Error: the output could not be written: {lost.strerror}\n")
    return code or 1


def wants_colour(stream: TextIO, environ: Mapping[str, str], *, refused: bool = False) -> bool:
    """Say whether to use colours: never where refused (`--no-color`, NO_COLOR, TERM=dumb), else on a
    terminal.
    """
    if refused or environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return bool(environ.get("FORCE_COLOR")) or _isatty(stream)
