"""The operating system's file calls that a store makes, one method each, so that a test can fail any of them.

Names are relative to an open directory, so that no other user can swap a directory on the way; a symbolic
link in a name's last part is never followed; nothing is left open across an `exec`.
"""

from __future__ import annotations

import fcntl
import os

_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC


class Files:
    """Each method is one call and raises the `OSError` it got. New files are 0600, new directories 0700."""

    def mkdir(self, name: str, folder: int | None = None) -> None:
        """Make a directory."""
        os.mkdir(name, 0o700, dir_fd=folder)

    def open_folder(self, name: str, folder: int | None = None) -> int:
        """Open a directory. At the top its path may lead through links; below, it is itself no link."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        return os.open(name, flags if folder is None else flags | _FLAGS, dir_fd=folder)

    def open(self, name: str, flags: int, folder: int) -> int:
        """Open a file."""
        return os.open(name, flags | _FLAGS, 0o600, dir_fd=folder)

    def read(self, fd: int, size: int) -> bytes:
        """Read up to `size` bytes; empty at the end."""
        return os.read(fd, size)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write; says how many bytes were taken."""
        return os.write(fd, data)

    def truncate(self, fd: int) -> None:
        """Make the file empty."""
        os.ftruncate(fd, 0)

    def fsync(self, fd: int) -> None:
        """Wait until the file, or the directory's entries, are on disk."""
        os.fsync(fd)

    def close(self, fd: int) -> None:
        """Close."""
        os.close(fd)

    def replace(self, name: str, target: str, folder: int) -> None:
        """Rename over what is there, in one step."""
        os.replace(name, target, src_dir_fd=folder, dst_dir_fd=folder)

    def unlink(self, name: str, folder: int) -> None:
        """Remove a file (a link itself, never what it points to)."""
        os.unlink(name, dir_fd=folder)

    def lock(self, fd: int) -> None:
        """Take the exclusive lock, or raise `BlockingIOError`. The kernel frees it when the process ends."""
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def probe(self, fd: int) -> None:
        """Raise `BlockingIOError` where another process holds the exclusive lock."""
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def chmod(self, fd: int, mode: int) -> None:
        """Set the permission bits."""
        os.fchmod(fd, mode)

    def names(self, fd: int) -> list[str]:
        """Return the entries of a directory."""
        return os.listdir(fd)

    def stat(self, fd: int) -> os.stat_result:
        """Return what an open file is."""
        return os.fstat(fd)

    def lstat(self, name: str, folder: int) -> os.stat_result:
        """Return what a name is, without following a link."""
        return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def look_up(self, path: str) -> os.stat_result:
        """Return what a path leads to, links followed."""
        return os.stat(path)

    def place(self, fd: int) -> str | None:
        """Return where an open directory is now; `None` where it was removed or the system cannot say."""
        try:
            found = os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            return None
        return found if os.path.isdir(found) else None

    def free(self, fd: int) -> int | None:
        """Return the bytes free for us on the directory's file system; `None` where it does not
        count blocks.
        """
        numbers = os.fstatvfs(fd)
        return numbers.f_bavail * numbers.f_frsize if numbers.f_blocks else None

    def free_inodes(self, fd: int) -> int | None:
        """Return how many files can still be created there; `None` where the file system does not
        count them.
        """
        numbers = os.fstatvfs(fd)
        return numbers.f_favail if numbers.f_files else None
