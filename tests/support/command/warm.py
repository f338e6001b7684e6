"""Runs of the command in processes of their own that need not load the libraries first.

`Warm` keeps one process that has them loaded and forks it for every run. Each run has its own working
directory, environment, streams and exit code, and starts where `python -m reconciler` starts. That saves most
of the time of a short run. What depends on the start itself, on signals or on terminals is tested without it.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.patience import LIMIT

LIBRARIES = (
    *("aiohttp", "deepdiff", "httpx", "httpx_aiohttp", "pydantic", "tenacity", "typer.main", "yaml"),
    # ... and what these load when they are first used.
    *("anyio._backends._asyncio", "anyio.streams.tls", "certifi", "h11", "httpcore", "pydantic.type_adapter"),
    *("pydantic.plugin._loader", "tenacity.asyncio", "typer._adapters", "typer._click.decorators"),
)
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


def serve() -> None:
    """Read orders from stdin, one a line; answer each with the exit code of its run."""
    _load()
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            _become(*json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.buffer.write(b"%d\n" % code)
        sys.stdout.buffer.flush()


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
