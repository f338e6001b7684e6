"""File calls of which one fails, and the rest work."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from reconciler.statestore.local.files import Files

WRITING = frozenset({"mkdir", "write", "truncate", "fsync", "close", "replace", "unlink", "lock", "chmod"})
READING = frozenset(
    {"open_folder", "open", "read", "names", "stat", "lstat", "look_up", "free", "free_inodes"}
)


class FailingFiles(Files):
    """The call of number `fail_at` (from 0; `None`: none) among `methods` raises `OSError(code)`.

    A write that fails has taken half of its bytes before, as a full disk does; a close closes all the same,
    as POSIX systems do.
    """

    def __init__(
        self,
        methods: frozenset[str],
        fail_at: int | None = None,
        code: int = errno.EIO,
        *,
        stays: bool = False,
    ) -> None:
        self.calls: list[str] = []
        self.log: list[tuple[str, ...]] = []
        for name in methods:
            setattr(self, name, self._counted(name, getattr(self, name), fail_at, code, stays))

    def _counted(
        self, name: str, call: Callable[..., Any], fail_at: int | None, code: int, stays: bool
    ) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            number = len(self.calls)
            self.calls.append(name)
            self.log.append((name, *(a for a in arguments if isinstance(a, str))))
            if fail_at is None or not (number == fail_at or (stays and number > fail_at)):
                return call(*arguments)
            if name == "write":
                call(arguments[0], arguments[1][: len(arguments[1]) // 2])
            if name == "close":
                call(*arguments)
            raise OSError(code, os.strerror(code))

        return counted
