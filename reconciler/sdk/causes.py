"""The one cause that may strike anywhere: no more files or sockets can be opened."""

from __future__ import annotations

import errno
import os

from reconciler.sdk.errors import errors_of_files

MORE_FILES = "Raise the limit (`ulimit -n 1024`), or have less in flight (`--parallelism 1`), then run again."


def out_of_files(error: BaseException) -> str:
    """Return the text for too many open files or sockets, with the limit; empty for another cause."""
    found = errors_of_files(error)
    if errno.EMFILE in found:
        limit = os.sysconf("SC_OPEN_MAX")
        return f"too many open files: the limit of this process is {limit} (ulimit -n)"
    return "too many open files on this machine" if errno.ENFILE in found else ""
