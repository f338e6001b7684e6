"""Runs of the command in processes of their own that need not load the libraries first.

`Warm` keeps one process that has them loaded and forks it for every run. Each run has its own working
directory, environment, streams and exit code, and starts where `python -m reconciler` starts. That saves most
of the time of a short run. What depends on the start itself, on signals or on terminals is tested without it.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import json
import os
import pkgutil
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from tests.support.patience import LIMIT, wait_for

LIBRARIES = (
    *("aiohttp", "deepdiff", "httpx", "httpx_aiohttp", "pydantic", "tenacity", "typer.main", "yaml"),
    # ... and what these load when they are first used.
    *("anyio._backends._asyncio", "anyio.streams.tls", "certifi", "h11", "httpcore", "pydantic.type_adapter"),
    *("pydantic.plugin._loader", "tenacity.asyncio", "typer._adapters", "typer._click.decorators"),
)
RUNS = 1000  # no exit code
NOT_PRELOADED = re.compile(r"__main__|pytest|conformance")


class Warm:
    """A process to fork from; started when it is first needed."""

    def __init__(self) -> None:
        self._parent: subprocess.Popen[bytes] | None = None

    def run(
        self, argv: Sequence[str], folder: Path, environ: Mapping[str, str], *, together: bool = False
    ) -> tuple[int, str, str]:
        """Run one command line; return its exit code and both streams. `together`: the first has both."""
        with tempfile.TemporaryDirectory() as place:
            out, err = Path(place, "out"), Path(place, "out" if together else "err")
            order = [list(argv), str(folder), dict(environ), str(out), str(err)]
            code = self._ask(json.dumps(order).encode() + b"\n")
            texts = [path.read_text(errors="surrogateescape") for path in (out, err)]
            return code, texts[0], "" if together else texts[1]

    def start(self, argv: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Started:
        """Start one command line, beside others."""
        place = Path(tempfile.mkdtemp())
        order = [list(argv), str(folder), dict(environ), str(place / "out"), str(place / "err"), "start"]
        return Started(self._ask, self._ask(json.dumps(order).encode() + b"\n"), place)

    def _ask(self, order: bytes) -> int:
        parent = self._started()
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(order)
        parent.stdin.flush()
        assert select.select([parent.stdout], [], [], LIMIT + 10)[0], "no run ends"
        return int(parent.stdout.readline())

    def _started(self) -> subprocess.Popen[bytes]:
        if self._parent is None:
            self._parent = subprocess.Popen([sys.executable, "-m", __name__], stdin=-1, stdout=-1)
            atexit.register(self.close)
        return self._parent

    def close(self) -> None:
        """End the process."""
        if self._parent is not None:
            self._parent.communicate()
            self._parent = None


class Started:
    """A run that was started, as `subprocess.Popen` has it: `pid`, `poll`, `send_signal`, `communicate`."""

    def __init__(self, ask: Callable[[bytes], int], pid: int, place: Path) -> None:
        self._ask = ask
        self._place = place
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or `None` while it runs."""
        if self.returncode is None:
            code = self._ask(b"%d\n" % self.pid)
            self.returncode = None if code == RUNS else code
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = LIMIT) -> tuple[str, str]:
        """Wait for its end, at most so many seconds; return both streams."""
        wait_for(lambda: self.poll() is not None)
        texts = [path.read_text(errors="surrogateescape") for path in self._files()]
        shutil.rmtree(self._place)
        return texts[0], texts[1]

    def _files(self) -> tuple[Path, Path]:
        return self._place / "out", self._place / "err"


def serve() -> None:
    """Read orders from stdin, one a line; answer each with the exit code of its run.

    An order to start a run is answered with its process ID, and a process ID with the exit code, or `RUNS`.
    """
    _load()
    _practise()
    gc.collect()
    gc.freeze()  # a fork copies no page only because the collector looked at it
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(b"%d\n" % _answer(json.loads(line)))
        sys.stdout.buffer.flush()


def _answer(order: Any) -> int:
    if isinstance(order, int):
        pid, status = os.waitpid(order, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else RUNS
    child = os.fork()
    if child == 0:
        _become(*order[:5])
    return child if order[5:] else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _load() -> None:
    """Load all that a run may use, and build the models that are built when they are first used."""
    import reconciler
    import reconciler_consul

    for package in (reconciler, reconciler_consul):
        found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        names = [module.name for module in found if not NOT_PRELOADED.search(module.name)]
        for name in (*LIBRARIES, *names):
            importlib.import_module(name)
    importlib.import_module("reconciler.config.language.document").document().model_validate({})


def _practise() -> None:
    """Run what most runs do, so that what is built when it is first used is built before the forks."""
    from tests.support.lab import EXAMPLES, Lab

    here = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(EXAMPLES / "01-three-clusters", place, dirs_exist_ok=True)
        lab = Lab(Path(place))
        asyncio.run(lab.apply())
        asyncio.run(lab.plan())
        os.chdir(place)
        for argv in (["validate"], ["plan", *(f"--var={name}=http://127.0.0.1:9" for name in lab.names)]):
            sys.argv = ["reconciler", *argv]
            with open(os.devnull, "w") as sink, redirect_stdout(sink), redirect_stderr(sink):
                _run()
        os.chdir(here)


def _become(argv: list[str], folder: str, environ: dict[str, str], out: str, err: str) -> None:
    """Turn this fork into a run of the command; does not return."""
    signal.alarm(int(LIMIT))  # a run that hangs is killed, and its exit code says so
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, out, _NEW), (2, err, _NEW)):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["reconciler", *argv]
    sys.stdin, sys.stdout, sys.stderr = _text(0, "r"), _text(1, "w"), _text(2, "w")
    os._exit(_run())


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND  # both streams may be one file


def _text(number: int, mode: str) -> Any:
    return open(number, mode, buffering=1 if number == 2 else -1, encoding="utf-8")


def _run() -> int:
    from reconciler.__main__ import main

    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve()
