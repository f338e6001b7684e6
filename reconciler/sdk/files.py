"""Files that a user named: read whole and bounded, never something that does not end; replaced whole."""

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
    """Return the content of a regular file of at most `max_bytes` bytes; with `pipes`, of a pipe too
    (`<(command)`).

    Raises `OSError` whose `strerror` says what is wrong, and `ValueError` for a path with a NUL in it.
    Anything else is refused before it is read: a device may never end, and a pipe without a writer blocks.
    """
    wanted = os.stat(path).st_mode
    # Non-blocking, for the file may have been replaced since; a pipe must be waited for.
    flags = os.O_RDONLY | os.O_CLOEXEC | (0 if pipes and stat.S_ISFIFO(wanted) else os.O_NONBLOCK)
    with open(os.open(path, flags), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not (stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode))):
            raise OSError(errno.EINVAL, f"it is {kind_of(mode)}, not a regular file")
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {max_bytes} bytes")
    return content


def write_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put this content in the file's place, whole or not at all, readable by its owner only (or by `mode`, as
    far as the process's umask allows).

    A link is followed to its file. Raises `OSError` whose `strerror` says what is wrong: what is no regular
    file, such as `/dev/stdout`, is not replaced by one. Raises `ValueError` for a path without a name.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        kind = kind_of(target.stat().st_mode)
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file")
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def kind_of(mode: int) -> str:
    """Return what a file is, from its mode, with an article: `a directory`."""
    return _KINDS.get(stat.S_IFMT(mode), "a special file")
