"""Files: which of them make up the configuration, and their text."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from reconciler.config.text.building import Limits
from reconciler.config.text.document import SourceDoc, pack
from reconciler.config.text.source import parse
from reconciler.model.diagnostic import Diagnostic, Position, Severity
from reconciler.sdk.causes import MORE_FILES, out_of_files
from reconciler.sdk.files import read_file

OPERATOR_FILE = "reconciler.yaml"
_SUFFIXES = (".yaml", ".yml")


def find(root: Path, paths: Sequence[Path]) -> tuple[list[Path], list[Diagnostic]]:
    """Return the configuration's files in order, each once. `paths` are relative to the working directory.

    A directory means its own YAML files: not those below it, nor hidden ones, nor `reconciler.yaml`. A named
    file is taken with any suffix.
    """
    found: dict[Path, Path] = {}
    problems: list[Diagnostic] = []
    for path in paths or (root,):
        try:
            members = _members(path)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            problems.append(whole(shown(path), "unreadable", _why(error), "check the path"))
            continue
        if not members:
            problems.append(whole(shown(path), "no-files", _NO_FILES, _NO_FILES_HINT))
        for member in members:
            found.setdefault(Path(os.path.realpath(member)), member)
    return list(found.values()), problems


def _members(path: Path) -> list[Path]:
    if not stat.S_ISDIR(path.stat().st_mode):
        return [path]
    names = sorted(entry.name for entry in os.scandir(path) if _is_ours(entry))
    return [path / name for name in names]


def _is_ours(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    wanted = name.endswith(_SUFFIXES) and not name.startswith(".") and name != OPERATOR_FILE
    return wanted and not _is_directory(entry)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere or round: reading it says why
        return False


def read_all(files: Iterable[Path], limits: Limits) -> tuple[list[SourceDoc], list[Diagnostic]]:
    """Read and parse every file; an unreadable one becomes a problem and the others are read all the same."""
    docs, problems = [], []
    for path in files:
        doc, found = read(path, limits)
        problems.extend(found)
        if doc is not None:
            docs.append(doc)
    return docs, problems


def read(path: Path, limits: Limits) -> tuple[SourceDoc | None, list[Diagnostic]]:
    """Read and parse one file. Without a document, the problems say why."""
    name = shown(path)
    try:
        data = read_file(path, limits.max_file_bytes)
    except OSError as error:
        return None, [_unread(name, error, limits)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(name, data, error)]
    return parse(text, name, limits)


def _unread(name: str, error: OSError, limits: Limits) -> Diagnostic:
    if error.errno == errno.EFBIG:
        what = f"larger than {limits.max_file_bytes} bytes"
        return whole(name, "too-large", what, "split the file, or raise limits.max_file_bytes")
    full = out_of_files(error)
    return whole(
        name, "unreadable", full or _why(error), MORE_FILES if full else "check the path and its permissions"
    )


def _not_utf8(name: str, data: bytes, error: UnicodeDecodeError) -> Diagnostic:
    before = data[: error.start].decode("utf-8", errors="replace")
    line = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    doc = SourceDoc(name)
    byte = data[error.start]
    what = f"not UTF-8: byte 0x{byte:02x}"
    return doc.problem(pack(line, column), "not-utf8", what, "save the file as UTF-8")


def whole(name: str, code: str, summary: str, hint: str = "") -> Diagnostic:
    """Return a problem with a file as a whole."""
    return Diagnostic(Severity.ERROR, code, summary, Position(name), hint)


def shown(path: Path) -> str:
    """Return a path as the user would write it: relative to the working directory where it lies below it."""
    text = str(path)
    if not os.path.isabs(text):
        return os.path.normpath(text)
    try:
        return str(Path(text).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return text


def _why(error: OSError | ValueError) -> str:
    reasons: dict[type[Exception], str] = {
        FileNotFoundError: "no such file or directory",
        PermissionError: "permission denied",
    }
    said = error.strerror if isinstance(error, OSError) else str(error)
    return reasons.get(type(error), said or type(error).__name__)


_NO_FILES = "no YAML files here"
_NO_FILES_HINT = "name the files or their directory; *.yaml and *.yml directly in it are read"
