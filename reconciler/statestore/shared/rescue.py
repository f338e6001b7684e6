"""What a run did and could not record: kept in a local file, from which the next run here goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.text.journal import Header, Scan, header_text, is_about_object, scan, sealed

_SUFFIX = ".journal"


class Rescue:
    """The file of one run: the lines that followed the last durable ones, in a journal's form."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self.path = folder / f"{run_id}{_SUFFIX}"
        self._payloads: list[str] = []

    def keep(self, header: Header, payloads: list[str]) -> str:
        """Add these lines, and read the file back; return a sentence that says where they are, or are not.

        Empty where no line is about an object: nothing that was done would be forgotten.
        """
        self._payloads += payloads
        count = sum(map(is_about_object, self._payloads))
        if not count:
            return ""
        data, _ = sealed([header_text(header), *self._payloads], 0)
        try:
            _replace(self.path, data)
            whole = self.path.read_bytes() == data
        except OSError as error:
            return f"What this run did since could not be kept in {self.path} either: {error.strerror}."
        if not whole:
            return f"What this run did since is not in {self.path} as it was written there."
        return (
            f"What this run did since ({count} record{'s' if count != 1 else ''}) is in {self.path}, "
            "which was read back. The next run here goes on from it; where this machine goes away, keep it."
        )


@dataclass(frozen=True, slots=True)
class Rescued:
    """A file that an earlier run left: its path, that run's ID, and the lines."""

    path: Path
    run_id: str
    journal: Scan


def rescued(folder: Path, lineage: str) -> Iterator[Rescued]:
    """Yield the files of runs on this state.

    Raises `Unreadable` for a damaged one, and `OSError`.
    """
    if not folder.is_dir():
        return
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        journal = scan(path.read_bytes())
        if journal.header.lineage == lineage:
            yield Rescued(path, path.name.removesuffix(_SUFFIX), journal)


def _replace(path: Path, data: bytes) -> None:
    """Write a file for this user alone, all or nothing. Git ignores its directory."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = path.parent / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    temporary = path.with_suffix(".tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    os.replace(temporary, path)
