"""Which files are written while a provider works: seen by Python's audit events."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR
_open: list[Files] = []  # those that collect at the moment
_hooked: list[bool] = []  # an audit hook cannot be removed: there is one for the whole process


class Files:
    """The files that were opened for writing, or put in their place, meanwhile."""

    def __init__(self) -> None:
        self.paths: set[Path] = set()

    def with_text(self, text: str, *, outside: Sequence[Path] = ()) -> list[Path]:
        """Return those that have the text now, without what is at or below the paths `outside`."""
        roots = [path.resolve() for path in outside]
        own = (path for path in self.paths if not any(path.resolve().is_relative_to(root) for root in roots))
        return sorted(path for path in own if path.is_file() and text.encode() in path.read_bytes())


@contextmanager
def written_files() -> Iterator[Files]:
    """Collect the files that are written inside."""
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_hook)
    files = Files()
    _open.append(files)
    try:
        yield files
    finally:
        _open.remove(files)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not _open:
        return
    if event == "open" and isinstance(args[2], int) and args[2] & _WRITES:
        _note(args[0])
    elif event == "os.rename":
        _note(args[1])
    elif event == "sqlite3.connect":
        _note(args[0])


def _note(name: Any) -> None:
    if isinstance(name, str | bytes | os.PathLike):
        path = Path(os.fsdecode(name)).absolute()
        for files in _open:
            files.paths.add(path)
