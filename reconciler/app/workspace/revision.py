"""The git revision of a configuration: read only, without running anything that the repository names.

A repository may come from somebody else, its `.git/config` included. Nothing of it is run: no hook, no file
system monitor, no filter, no helper of a remote.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.config.text.files import OPERATOR_FILE
from reconciler.model.auditing.origin import Revision

PATIENCE = 3.0  # seconds for each of two calls
_FILTER = re.compile(r"filter\.(.+)\.(?:clean|smudge|process|required)\Z", re.DOTALL)
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}
_SETTINGS = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "core.untrackedCache=false")
_SAFE = [word for setting in _SETTINGS for word in ("-c", setting)]
_STATUS = ("--porcelain=v2", "--branch", "-z", "--ignore-submodules=all", "--ignored=traditional")
_OFF = ("clean=", "process=", "required=false")
_NO_COMMIT, _NO_BRANCH = b"(initial)", b"(detached)"


def revision_of(root: Path, paths: Sequence[Path], environ: Mapping[str, str]) -> Revision | None:
    """Return the revision of the configuration in `root`, or of the files and directories `paths` instead.

    `None` where it is unknown: without git, outside of a repository, in one that belongs to another user.
    """
    git = shutil.which("git", path=environ.get("PATH"))
    if git is None:
        return None
    try:
        return _revision(_Git(git, root, {**environ, **_ENVIRONMENT}), _patterns(root, paths))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


class _Git:
    """Calls git in a directory."""

    def __init__(self, program: str, root: Path, environ: Mapping[str, str]) -> None:
        self._program, self._root, self._environ = program, root, environ

    def lines(self, *words: str, codes: Sequence[int] = (0,)) -> list[bytes]:
        """Return what it prints, split at NULs. Raises `ValueError` for any other exit code."""
        done = subprocess.run(  # noqa: S603 - git itself, in the user's own PATH
            [self._program, *_SAFE, *words],
            cwd=self._root,
            env=dict(self._environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode not in codes:
            raise ValueError(done.returncode)
        return done.stdout.split(b"\0")


def _revision(git: _Git, patterns: Sequence[str]) -> Revision | None:
    lines = git.lines(*_without_filters(git), "status", *_STATUS, "--", *patterns)
    heads = dict(_head(line) for line in lines if line.startswith(b"# branch."))
    commit, branch = heads.get(b"oid", _NO_COMMIT), heads.get(b"head", _NO_BRANCH)
    if commit == _NO_COMMIT:
        return None
    name = None if branch == _NO_BRANCH else branch.decode(errors="replace")
    return Revision(commit.decode(), name, any(line and not line.startswith(b"#") for line in lines))


def _head(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.removeprefix(b"# branch.").partition(b" ")
    return name, value


def _without_filters(git: _Git) -> list[str]:
    """Return options that turn every filter off that the settings name: git runs their commands otherwise.

    Raises `ValueError` for a name that cannot be given as an option.
    """
    keys = git.lines("config", "-z", "--name-only", "--get-regexp", r"^filter\..", codes=(0, 1))
    found = {match[1] for key in keys if (match := _FILTER.match(key.decode()))}
    if any("=" in name for name in found):
        raise ValueError("a filter that cannot be turned off")
    offs = [f"filter.{name}.{key}" for name in sorted(found) for key in _OFF]
    return [word for off in offs for word in ("-c", off)]


def _patterns(root: Path, paths: Sequence[Path]) -> list[str]:
    """Return the files that git is to look at: the configuration's, and `reconciler.yaml`."""
    configuration = [pattern for path in paths or (root,) for pattern in _of(root, path)]
    return [_literal(root, root / OPERATOR_FILE), *configuration]


def _of(root: Path, path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield _literal(root, path)
        return
    directory = re.sub(r"([][*?\\])", r"\\\1", _relative(root, path))
    for suffix in ("yaml", "yml"):
        yield f":(glob){directory}/[!.]*.{suffix}"


def _literal(root: Path, path: Path) -> str:
    return f":(literal){_relative(root, path)}"


def _relative(root: Path, path: Path) -> str:
    return os.path.relpath(os.path.realpath(path), os.path.realpath(root))
