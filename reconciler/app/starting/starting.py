"""The use case `init`: ask the clusters, make the files, check them, and write them where none is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.app.options import Options
from reconciler.app.starting.files import repository
from reconciler.app.starting.probing import probed
from reconciler.app.starting.wishes import NO_STATE, Probed, Started, Wishes
from reconciler.app.workspace.configuring import read_configuration
from reconciler.model.failure import Cause, Failure

_ELSEWHERE = "choose an empty folder: reconciler -C FOLDER init"
_YAML = (".yaml", ".yml")


async def start(options: Options, wishes: Wishes) -> Started:
    """Write a repository to start from into the folder of the options.

    Raises `Failure`, and writes nothing, where a file of it, or a configuration, is there already, and where
    no valid configuration comes of what is asked for.
    """
    folder = options.root
    _check_free(folder, repository(wishes, Probed()))
    with tempfile.TemporaryDirectory() as name:
        aside = Path(name)
        found = Probed()
        if wishes.probe:
            _write(aside, repository(replace(wishes, probe=False, backend=NO_STATE), found))
            _check(options, aside)
            found = await probed(options, aside)
            _check_answers(found)
        files = repository(wishes, found)
        _write(aside, files, over=True)
        _check(options, aside)
    _check_free(folder, files)
    _write(folder, files)
    return Started(tuple(files), tuple(_notes(wishes, found)))


def check_new(options: Options) -> None:
    """Raise `Failure` where there is a configuration already: before anything is asked for."""
    found = sorted(one.name for one in _entries(options.root) if one.name.endswith(_YAML))
    if found:
        hint = "there is nothing to initialize: reconciler validate, then reconciler plan"
        raise Failure(Cause.USAGE, f"there is a configuration already: {', '.join(found[:5])}", hint=hint)


def _check(options: Options, folder: Path) -> None:
    """Raise `Failure` where the configuration in this folder is not valid: something asked for cannot be."""
    try:
        read_configuration(replace(options, root=folder, paths=(), state_path=None, variables={}))
    except Failure as failure:
        said = [one.summary for one in failure.diagnostics if one.is_error]
        raise Failure(
            Cause.USAGE,
            "no valid configuration comes of what was asked for",
            detail="\n".join(said) or failure.summary,
            hint="nothing was written",
        ) from None


def _check_answers(found: Probed) -> None:
    if found.unknown:
        raise Failure(
            Cause.USAGE,
            f"{len(found.unknown)} of the clusters cannot be read",
            detail="\n".join(found.unknown.values()),
            hint="nothing was written; leave out --probe to begin without asking them",
        )


def _check_free(folder: Path, files: Iterable[str]) -> None:
    """Raise `Failure` with everything that is in the way."""
    taken = [path for path in files if os.path.lexists(folder / path)]
    more = [one.name for one in _entries(folder) if one.name.endswith(_YAML) and one.name not in taken]
    found = sorted({*taken, *more})
    if found:
        raise Failure(
            Cause.USAGE,
            f"{len(found)} {'file is' if len(found) == 1 else 'files are'} in the way",
            detail="\n".join(found),
            hint=f"nothing was written; {_ELSEWHERE}",
        )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder; nothing where there is none."""
    try:
        return list(os.scandir(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unwritable(folder, error) from error


def _write(folder: Path, files: Mapping[str, str], *, over: bool = False) -> None:
    """Write files that are not there yet; where one cannot be written, none of them stays."""
    done: list[Path] = []
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w" if over else "x", encoding="utf-8") as file:
                done.append(path)
                file.write(text)
    except OSError as error:
        for path in done:
            path.unlink(missing_ok=True)
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> Failure:
    why = f"{error.filename or folder}: {error.strerror or type(error).__name__}"
    return Failure(Cause.USAGE, f"cannot write there: {why}", hint=_ELSEWHERE)


def _notes(wishes: Wishes, found: Probed) -> Iterable[str]:
    if wishes.is_local and wishes.host.value != "none":
        yield (
            "the state is a directory of this machine, which jobs of CI do not have: before the first apply, "
            "put it on a server (`state` in reconciler.yaml)"
        )
    for name, datacenter in found.datacenters.items():
        if datacenter != name:
            yield f"the datacenter of {name} is {datacenter}"
