"""`reconciler version`: answered without loading anything heavy."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from reconciler import __version__
from reconciler.cli.terminal.output import Output

_ASKING = {"version", "--version", "-version", "--json", "-json", "--no-color", "-no-color"}


def wants_version(argv: Sequence[str]) -> bool:
    """Say whether the command line asks for the version and for nothing else."""
    asked = {"version", "--version", "-version"} & set(argv)
    return bool(asked) and set(argv) <= _ASKING


def show_version(out: Output, *, as_json: bool) -> int:
    """Print the version; gives the exit code."""
    import platform

    if not as_json:
        out.text(f"reconciler {__version__}\non {_platform()}, Python {platform.python_version()}\n")
        return 0
    import json

    value = {"reconciler_version": __version__, "platform": _platform(), "python": platform.python_version()}
    out.text(json.dumps(value) + "\n")
    return 0


def _platform() -> str:
    return f"{sys.platform}_{os.uname().machine}"
