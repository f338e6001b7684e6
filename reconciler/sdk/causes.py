"""What stands behind an exception: everything that it wraps, and the one cause that may strike anywhere."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

MORE_FILES = "Raise the limit (`ulimit -n 1024`), or have less in flight (`--parallelism 1`), then run again."


def chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it wraps, each once."""
    todo, seen = [error], set()
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        inner = [item.__cause__, item.__context__, getattr(item, "os_error", None)]
        inner += getattr(item, "exceptions", ())
        todo += [nested for nested in inner if isinstance(nested, BaseException)]


def out_of_files(error: BaseException) -> str:
    """What to say where no more files or sockets could be opened, with the limit; empty for another cause."""
    found = {item.errno for item in chain(error) if isinstance(item, OSError)}
    if errno.EMFILE in found:
        limit = os.sysconf("SC_OPEN_MAX")
        return f"too many open files: the limit of this process is {limit} (ulimit -n)"
    return "too many open files on this machine" if errno.ENFILE in found else ""
