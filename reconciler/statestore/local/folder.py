"""A private directory: files are read whole and replaced whole, not through links, not for others to see.

Every error is raised as a `Failure` that names the file; none is swallowed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from reconciler.sdk.files import kind_of
from reconciler.statestore.local.failures import moved, reading, unreadable, unsafe, writing
from reconciler.statestore.local.files import Files

_CHUNK = 1 << 20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Folder:
    """An open directory. `close` it once."""

    def __init__(self, path: Path, fd: int, files: Files) -> None:
        self.path = path
        self.fd = fd
        self.files = files

    @classmethod
    def find(cls, path: Path, files: Files) -> Folder | None:
        """Return the directory, or `None` where it does not exist. Nothing is created or changed."""
        try:
            return cls(path, files.open_folder(str(path)), files)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(path, error) from error

    @classmethod
    def make(cls, path: Path, files: Files) -> Folder:
        """Return the directory for writing: created where it is missing, and closed to other
        users' writing.
        """
        _make(path, files)
        with writing("open", path):
            folder = cls(path, files.open_folder(str(path)), files)
        try:
            folder._tighten()
        except BaseException:
            folder.close()
            raise
        return folder

    def below(self, name: str) -> Folder | None:
        """Return a directory in this one, or `None` where it does not exist; a link is refused."""
        path = self.path / name
        with reading(path):
            try:
                return Folder(path, self._open_below(name), self.files)
            except FileNotFoundError:
                return None

    def make_below(self, name: str) -> Folder:
        """Return a directory in this one, created where it is missing."""
        path = self.path / name
        with writing("make", path):
            with contextlib.suppress(FileExistsError):
                self.files.mkdir(name, self.fd)
            return Folder(path, self._open_below(name), self.files)

    def check_place(self) -> None:
        """Raise `Failure` where its path leads elsewhere by now: what is written here would not be found."""
        with writing("look at", self.path):
            try:
                there = self.files.look_up(str(self.path))
            except (FileNotFoundError, NotADirectoryError):
                raise moved(self.path, self.files.place(self.fd)) from None
            here = self.files.stat(self.fd)
        if (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino):
            raise moved(self.path, self.files.place(self.fd))

    def names(self) -> list[str]:
        """Return the names in it."""
        with reading(self.path):
            return self.files.names(self.fd)

    def read(self, name: str) -> bytes | None:
        """Return a file's content; `None` where there is none. Refuses what is no regular file."""
        with reading(self.path / name):
            try:
                fd = self.files.open(name, os.O_RDONLY | os.O_NONBLOCK, self.fd)
            except FileNotFoundError:
                return None
            try:
                return self._read(fd)
            finally:
                self.files.close(fd)

    def replace(self, name: str, data: bytes, check: Callable[[], None] = lambda: None) -> None:
        """Put this content in the file's place: after a crash it is the old or the new one, whole.

        `check` is called last, when all that takes long is done: where it raises nothing is replaced.
        """
        temporary = f"{name}.tmp"
        with writing("write", self.path / temporary):
            self._clear(temporary)
        with writing("write", self.path / name):
            fd = self.files.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, self.fd)
            try:
                self._fill(fd, data)
                check()
                self.files.replace(temporary, name, self.fd)
            except OSError:
                with contextlib.suppress(OSError):  # the first error is the one to report
                    self.files.unlink(temporary, self.fd)
                raise
            self.files.fsync(self.fd)

    def prove(self, name: str) -> None:
        """Show that `replace` would work: its temporary file can be made, the file's place is free or a file.

        Needs a free inode as well as the right to write; leaves nothing behind.
        """
        temporary = f"{name}.tmp"
        with writing("write", self.path / temporary):
            self._clear(temporary)
            self.files.close(self.files.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, self.fd))
            self.files.unlink(temporary, self.fd)
        with writing("write", self.path / name), contextlib.suppress(FileNotFoundError):
            found = self.files.lstat(name, self.fd)
            if not stat.S_ISREG(found.st_mode):
                raise not_a_file(found.st_mode)

    def remove(self, name: str) -> None:
        """Remove a file for good; one that is not there is fine."""
        with writing("remove", self.path / name):
            try:
                self.files.unlink(name, self.fd)
            except FileNotFoundError:
                return
            self.files.fsync(self.fd)

    def make_private(self, name: str) -> None:
        """Take other users' rights from a file that exists."""
        with writing("change the permissions of", self.path / name):
            try:
                fd = self.files.open(name, os.O_RDONLY | os.O_NONBLOCK, self.fd)
            except FileNotFoundError:
                return
            try:
                if self.files.stat(fd).st_mode & _OTHERS:
                    self.files.chmod(fd, 0o600)
            finally:
                self.files.close(fd)

    def write_all(self, fd: int, data: bytes) -> None:
        """Write all of it to an open file; raises `OSError`."""
        rest = memoryview(data)
        while rest:
            taken = self.files.write(fd, rest)
            if taken <= 0:
                raise OSError(errno.EIO, "nothing was written")
            rest = rest[taken:]

    def close(self) -> None:
        """Close the directory."""
        with writing("close", self.path):
            self.files.close(self.fd)

    def _read(self, fd: int) -> bytes:
        found = self.files.stat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise not_a_file(found.st_mode)
        parts = []
        while part := self.files.read(fd, max(_CHUNK, found.st_size + 1)):
            parts.append(part)
        return b"".join(parts)

    def _fill(self, fd: int, data: bytes) -> None:
        try:
            self.write_all(fd, data)
            self.files.fsync(fd)
        finally:
            self.files.close(fd)

    def _clear(self, temporary: str) -> None:
        """Remove the temporary file that a killed run may have left; a link in that place was planted, and is
        refused.
        """
        try:
            found = self.files.lstat(temporary, self.fd)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(found.st_mode):
            raise not_a_file(found.st_mode)
        self.files.unlink(temporary, self.fd)

    def _open_below(self, name: str) -> int:
        """Open a directory in this one. The system calls a link there no directory: say what it is."""
        try:
            return self.files.open_folder(name, self.fd)
        except NotADirectoryError:
            kind = kind_of(self.files.lstat(name, self.fd).st_mode)
            raise NotADirectoryError(errno.ENOTDIR, f"it is {kind}, not a directory") from None

    def _tighten(self) -> None:
        """Make sure that no other user can swap files in it: close a directory of ours, refuse one
        of others.
        """
        with writing("look at", self.path):
            found = self.files.stat(self.fd)
        owner, mode = found.st_uid, stat.S_IMODE(found.st_mode)
        if owner not in (os.geteuid(), 0) and os.geteuid() != 0:
            raise unsafe(self.path, "it belongs to another user", "Choose a state directory of your own.")
        if not mode & _OTHERS_WRITE:
            return
        if owner != os.geteuid() or mode & stat.S_ISVTX:
            hint = "Choose a directory inside it, or take that right away with chmod go-w."
            raise unsafe(self.path, "other users may write in it", hint)
        with writing("change the permissions of", self.path):
            self.files.chmod(self.fd, mode & ~_OTHERS_WRITE)


def not_a_file(mode: int) -> OSError:
    """Return the error for something else in the place of a file: a directory, a pipe, a link."""
    return OSError(errno.EISDIR, f"it is {kind_of(mode)}, not a regular file")


def _make(path: Path, files: Files) -> None:
    """Make a directory and what is missing above it, each entry on disk before the next."""
    if path.is_dir():
        return
    if path.parent != path:
        _make(path.parent, files)
    with writing("make", path):
        try:
            files.mkdir(str(path))
        except FileExistsError:
            if path.is_dir():  # made by another run meanwhile
                return
            kind = kind_of(os.lstat(path).st_mode)
            raise NotADirectoryError(errno.ENOTDIR, f"it is {kind}, not a directory") from None
        parent = files.open_folder(str(path.parent))
        try:
            files.fsync(parent)
        finally:
            files.close(parent)
