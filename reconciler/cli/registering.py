"""Commands with the global options: each accepts them before and after its name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from reconciler.cli.logs import logging_to
from reconciler.cli.options.helping import PANEL, Command
from reconciler.cli.run import Globals, LogFormat, Run, guarded

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration(text: str) -> float:
    """Return the seconds of `30`, `30s`, `2m`. Raises `typer.BadParameter` for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a duration (for example 30s or 2m)")
    return float(match[1]) * _UNITS[match[2] or ""]


def _option(*names: str, help: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, show_default=False, rich_help_panel=PANEL, **more)


_SHARED: Mapping[str, tuple[Any, Any]] = {
    "directory": (
        Annotated[Path | None, _option("-C", "--chdir", help="Work in this directory.", metavar="DIR")],
        None,
    ),
    "files": (
        Annotated[
            list[Path] | None,
            _option("-f", "--file", help="Read this file or directory instead; repeatable.", metavar="PATH"),
        ],
        None,
    ),
    "variables": (
        Annotated[
            list[str] | None, _option("--var", help="Set ${var.NAME}; repeatable.", metavar="NAME=VALUE")
        ],
        None,
    ),
    "variable_files": (
        Annotated[
            list[Path] | None,
            _option(
                "--var-file",
                help="Read variables from a file (JSON, or name = value); repeatable.",
                metavar="FILE",
            ),
        ],
        None,
    ),
    "state": (Annotated[Path | None, _option("--state", help="The state directory.", metavar="DIR")], None),
    "ignore_marks": (
        Annotated[
            bool | None,
            _option("--ignore-marks", help="Go on with a state older than one that a cluster has seen."),
        ],
        None,
    ),
    "parallelism": (
        Annotated[
            int | None, _option("--parallelism", help="Concurrent requests per cluster.", min=1, metavar="N")
        ],
        None,
    ),
    "lock_timeout": (
        Annotated[
            float | None,
            _option(
                "--lock-timeout",
                help="Time to wait for the state lock (30s, 2m).",
                metavar="DURATION",
                parser=duration,
            ),
        ],
        None,
    ),
    "no_color": (
        Annotated[bool | None, _option("--no-color", help="No colours (also: NO_COLOR).")],
        None,
    ),
    "verbose": (
        Annotated[
            int,
            _option("-v", "--verbose", help="Log each request to stderr; -vv logs more.", count=True),
        ],
        0,
    ),
    "log_format": (
        Annotated[
            LogFormat | None,
            _option("--log-format", help="Log format of -v and -vv: text, or json (one object per line)."),
        ],
        None,
    ),
}


def shared_parameters() -> list[inspect.Parameter]:
    """Return the global options as parameters of a function."""
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(name, kind, default=default, annotation=annotation)
        for name, (annotation, default) in _SHARED.items()
    ]


def merged(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> Globals:
    """Return the global options given before the command's name and after it; the latter win or are added."""

    def both(name: str) -> tuple[Any, ...]:
        return (*(outer.get(name) or ()), *(inner.get(name) or ()))

    def last(name: str, default: Any) -> Any:
        found = [given.get(name) for given in (inner, outer) if given.get(name) is not None]
        return found[0] if found else default

    return Globals(
        directory=last("directory", Path()),
        files=both("files"),
        variables=both("variables"),
        variable_files=both("variable_files"),
        no_color=bool(last("no_color", False)),
        verbose=(outer.get("verbose") or 0) + (inner.get("verbose") or 0),
        parallelism=last("parallelism", None),
        lock_timeout=last("lock_timeout", 0.0),
        state=last("state", None),
        ignore_marks=bool(last("ignore_marks", False)),
        log_format=last("log_format", LogFormat.TEXT),
    )


def command_of(name: str, function: Callable[..., int]) -> Any:
    """Return a click command. `function` takes a `Run`, then its own options, and returns the exit code."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]

    def invoke(ctx: typer.Context, **given: Any) -> None:
        inner = {key: given.pop(key) for key in _SHARED}
        run = Run.of(merged(ctx.find_root().obj or {}, inner))
        with logging_to(run.err, run.given.verbose, as_json=run.given.log_format is LogFormat.JSON):
            raise typer.Exit(guarded(run, lambda: function(run, **given)))

    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    invoke.__signature__ = inspect.Signature([context, *own, *shared_parameters()])  # type: ignore[attr-defined]
    invoke.__doc__ = function.__doc__
    text = inspect.getdoc(function) or ""
    app.command(name, cls=Command, help=text, short_help=text.partition("\n")[0])(invoke)
    return typer.main.get_command(app)
