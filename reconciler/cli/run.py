"""What every command starts from: the global options, the two streams, and how failures are reported."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.cli.options.calling import Calling
from reconciler.cli.options.variables import gather
from reconciler.cli.terminal import signals
from reconciler.cli.terminal.output import Output, wants_colour
from reconciler.model.failure import ExitCode, Failure
from reconciler.sdk.causes import MORE_FILES, out_of_files
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import innermost
from reconciler.sdk.process.awaiting import Awaiting
from reconciler.sdk.secrets.quoting import quoted
from reconciler.sdk.secrets.scrub import has_secret, masked

if TYPE_CHECKING:
    from reconciler.app import Options

T = TypeVar("T")


class LogFormat(Enum):
    """How the log is written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True)
class Globals:
    """The global options as they were given."""

    directory: Path = Path()
    files: tuple[Path, ...] = ()
    variables: tuple[str, ...] = ()
    variable_files: tuple[Path, ...] = ()
    no_color: bool = False
    verbose: int = 0
    parallelism: int | None = None
    lock_timeout: float = 0.0
    state: Path | None = None
    ignore_marks: bool = False
    log_format: LogFormat = LogFormat.TEXT


@dataclass(frozen=True)
class Run:
    """One command at work. `out` is for the product, `err` for everything else."""

    given: Globals
    out: Output
    err: Output
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    awaiting: Awaiting = field(default_factory=Awaiting)

    @classmethod
    def of(cls, given: Globals) -> Run:
        """Create a run on the process's own streams."""
        environ = dict(os.environ)

        def output(stream: Any) -> Output:
            return Output(stream, wants_colour(stream, environ, refused=given.no_color))

        return cls(given, output(sys.stdout), output(sys.stderr), environ)

    @property
    def gives_hints(self) -> bool:
        """Whether to say what to run next: not inside a pipeline that knows."""
        return not self.environ.get("RECONCILER_IN_AUTOMATION")

    @property
    def calling(self) -> Calling:
        """How this program was called, for commands that are printed."""
        given = self.given
        return Calling(given.directory, given.files, given.variables, given.variable_files, given.state)

    def options(self) -> Options:
        """Return the app's options. Raises `Failure` for variables that cannot be read."""
        from reconciler.app import Options

        given = self.given
        return Options(
            root=given.directory,
            paths=given.files,
            variables=gather(given.variables, given.variable_files, given.files or (given.directory,)),
            parallelism=given.parallelism,
            lock_timeout=given.lock_timeout,
            environ=self.environ,
            state_path=given.state,
            ignore_marks=given.ignore_marks,
            awaiting=self.awaiting,
        )

    def wait(self, work: Coroutine[Any, Any, T], *, doing: str = "") -> T:
        """Run a coroutine to its end; name what is slow once it takes long, else `doing`."""
        import asyncio

        from reconciler.cli.terminal.waiting import with_progress

        result: list[T] = []

        async def keep() -> None:
            # Not given back through asyncio: until Python 3.11 that writes its main task out, the result
            # included, when it hands Ctrl-C back: all of a plan, to throw the text away.
            result.append(await (with_progress(work, self.err, doing, self.awaiting) if doing else work))

        asyncio.run(keep())
        return result[0]

    def look(self, work: Coroutine[Any, Any, T], *, doing: str = "") -> T:
        """Run `wait` for work that only reads, without the cycle collector."""
        with uncollected():
            return self.wait(work, doing=doing)

    def json(self, value: object) -> None:
        """Print a JSON document on one line: ASCII only, so that nothing in it can steer a terminal."""
        self.out.json(json_text(value) + "\n")

    def json_lines(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Print messages as one JSON value a line, with the time, at once."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        texts = [json_text({**item, "@timestamp": now}) for item in messages]
        self.out.json("".join(f"{text}\n" for text in texts))
        self.out.flush()

    def fail(self, failure: Failure) -> int:
        """Print a failure; return its exit code."""
        from reconciler.render.failure import failure_lines

        self.out.flush()
        self.err.lines(failure_lines(self.calling.failure(failure)))
        return failure.exit_code


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the cycle collector for work that only reads: nearly all it makes stays until the process ends,
    soon, so that looking for garbage, also at the end, would find none and walk through everything."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def json_text(value: object) -> str:
    """Return a JSON text of ASCII characters. Secrets are masked before it is written, so that it
    stays JSON.
    """
    text = json.dumps(value, ensure_ascii=True, default=str)
    if has_secret(text):
        text = json.dumps(masked(json.loads(text)), ensure_ascii=True)
    return text


def guarded(run: Run, work: Callable[[], int]) -> int:
    """Do the work; failures, Ctrl-C and surprises end in words and a code."""
    try:
        return work()
    except Failure as failure:
        return run.fail(failure)
    except KeyboardInterrupt:
        run.out.flush()
        run.err.text(f"\n{signals.word()}.\n")
        return ExitCode.INTERRUPTED
    except Exception as error:  # the last resort of a program that never shows a traceback unasked
        return _surprised(run, error)


def _out_of_files(run: Run, words: str) -> int:
    """Print the error without importing anything: that would take a file, too."""
    run.out.flush()
    run.err.text(f"Error: {words}\n{MORE_FILES}\n")
    return ExitCode.ERROR


def _surprised(run: Run, error: Exception) -> int:
    full = out_of_files(error)
    if full:
        return _out_of_files(run, full)
    from reconciler.render.failure import surprise_lines

    first = innermost(error)
    trace = ""
    if run.given.verbose:
        import traceback

        trace = "".join(traceback.format_exception(error))
    run.out.flush()
    run.err.lines(surprise_lines(type(first).__name__, quoted(str(first)), quoted(trace)))
    return 1
