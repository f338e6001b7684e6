"""`reconciler version` among other options; asked alone it is answered by `version`, which loads nothing."""

from __future__ import annotations

from reconciler.cli.commands.version import show_version
from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run


def version(run: Run, as_json: Json = False) -> int:
    """Print the versions of reconciler, Python and the platform."""
    return show_version(run.out, as_json=as_json)
