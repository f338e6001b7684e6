"""Reading a file that somebody named: whole, bounded, and never something that does not end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_KINDS = {
    stat.S_IFREG: "a regular file",
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a symbolic link",
}


def read_file(path: Path, max_bytes: int, *, pipes: bool = False) -> bytes:
    """The content of a regular file of at most `max_bytes` bytes; with `pipes`, of a pipe too (`<(command)`).

    Raises `OSError` whose `strerror` says what is wrong, and `ValueError` for a path with a NUL in it.
    Anything else is refused before it is read: a device may never end, and a pipe without a writer blocks.
    """
    wanted = os.stat(path).st_mode
    # Non-blocking, for what stands there may have been exchanged since; a pipe must be waited for.
    flags = os.O_RDONLY | os.O_CLOEXEC | (0 if pipes and stat.S_ISFIFO(wanted) else os.O_NONBLOCK)
    with open(os.open(path, flags), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not (stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode))):
            raise OSError(errno.EINVAL, f"it is {kind_of(mode)}, not a regular file")
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {max_bytes} bytes")
    return content


def kind_of(mode: int) -> str:
    """What a file is, from its mode, with an article: `a directory`."""
    return _KINDS.get(stat.S_IFMT(mode), "a special file")
