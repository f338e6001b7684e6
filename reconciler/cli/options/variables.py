"""Values for `${var.name}` from files and flags; later ones win.

The files `*.auto.vars` of the configuration's directories need not be named.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.causes import out_of_files
from reconciler.sdk.files import read_file

_MAX_BYTES = 16 * 1024 * 1024
_LINE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*)\s*[:=]\s*(.*?)\s*\Z")


AUTOMATIC = ".auto.vars"


def gather(flags: Sequence[str], files: Sequence[Path], folders: Sequence[Path] = ()) -> dict[str, str]:
    """Return all given variables as text: of `*.auto.vars` in the folders, of files, of flags; later ones
    win.

    Raises `Failure` naming a flag or a line that cannot be read.
    """
    found: dict[str, str] = {}
    for path in (*automatic(folders), *files):
        found.update(from_file(path))
    for flag in flags:
        name, equals, value = flag.partition("=")
        if not equals or not name.strip():
            raise Failure(
                Cause.USAGE, "a -var is not a variable with a value", hint="write it as -var name=value"
            )
        found[name.strip()] = value
    return found


def automatic(folders: Sequence[Path]) -> list[Path]:
    """Return the files of variables that are read without being named, by folder and name."""
    out: list[Path] = []
    for folder in folders:
        try:
            names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
        except OSError as error:
            if out_of_files(error):
                raise
            continue  # no such folder, or not a folder: reading the configuration reports it
        out += [folder / name for name in names if name.endswith(AUTOMATIC) and not name.startswith(".")]
    return out


def from_file(path: Path) -> dict[str, str]:
    """Return the variables of a file: a JSON object, or lines `name = value` or `name: value`."""
    try:
        text = read_file(path, _MAX_BYTES, pipes=True).decode("utf-8")
    except (OSError, ValueError) as error:
        why = (
            "it is not UTF-8 text"
            if isinstance(error, UnicodeDecodeError)
            else getattr(error, "strerror", "")
        )
        raise Failure(Cause.USAGE, f"cannot read the variables file {path}", detail=why or "") from None
    return _from_json(path, text) if text.lstrip().startswith("{") else _from_lines(path, text)


def _from_json(path: Path, text: str) -> dict[str, str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Failure(Cause.USAGE, f"{path} is not JSON", detail=str(error)) from None
    return {name: _scalar(path, name, item) for name, item in value.items()}


def _scalar(path: Path, name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, list | dict):
        raise Failure(Cause.USAGE, f"{path}: the value of {name} is not a text, a number or a truth value")
    return json.dumps(value)


def _from_lines(path: Path, text: str) -> dict[str, str]:
    out = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#") or line.strip() == "---":
            continue
        match = _LINE.match(line)
        if match is None:
            hint = "each line is `name = value` or `name: value`; or the file is one JSON object"
            raise Failure(Cause.USAGE, f"{path}:{number}: not a variable", hint=hint)
        out[match[1]] = _unquoted(match[2])
    return out


def _unquoted(value: str) -> str:
    """Return a value without quotes around it, or without a comment after it."""
    if len(value) > 1 and value[0] in "'\"":
        end = value.find(value[0], 1)
        if end > 0 and (not value[end + 1 :].strip() or value[end + 1 :].lstrip().startswith("#")):
            return value[1:end]
    return re.sub(r"\s+#.*\Z", "", value)
