"""`reconciler init`: a repository to start from."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from reconciler.app.starting.wishes import CodeHost, Wishes
from reconciler.cli.run import Run
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.render.text.lines import BLANK, Span, Tone

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
_EXAMPLE = "for example: reconciler init --clusters dc1=http://127.0.0.1:8500,dc2=http://127.0.0.1:8520"


def init(
    run: Run,
    clusters: Annotated[
        str | None,
        typer.Option("--clusters", help="The clusters and their addresses.", metavar="NAME=ADDRESS,..."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Its name.  [default: that of the folder]", metavar="NAME"),
    ] = None,
    ci: Annotated[
        CodeHost | None, typer.Option("--ci", help="Write the CI files of this host.  [default: none]")
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            help="Where the state is kept: local, consul, postgres, s3, ...; with the keys of its section.",
            metavar="BACKEND[,KEY=VALUE...]",
        ),
    ] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Ask the clusters for versions and existing peerings.")
    ] = False,
) -> int:
    """Write a repository to start from: configuration, reconciler.yaml, README, CI files.

    What is not given is asked for on a terminal. Nothing is overwritten: where a file is in the way, it is
    listed, and nothing is written.

    \b
    Examples:
      reconciler init --clusters dc1=http://127.0.0.1:8500,dc2=http://127.0.0.1:8520
      reconciler -C mesh init --clusters dc1=https://consul.dc1.example.com:8501 --probe --ci github \\
        --backend consul,path=reconciler/mesh
    """
    from reconciler import app

    wishes = _wishes(run, clusters, name, ci, backend, probe=probe)
    started = run.wait(app.start(run.options(), wishes), doing="Reading clusters" if probe else "")
    folder = run.given.directory
    run.out.lines([[Span("Wrote ", Tone.GOOD), str(folder / path)] for path in started.files])
    run.err.lines([[Span("Note: ", Tone.WARN), note] for note in started.notes])
    if run.gives_hints:
        command = "reconciler" if str(folder) == "." else f"reconciler -C {folder}"
        run.out.lines([BLANK, [f"Next: {command} plan"]])
    return ExitCode.OK


def _wishes(
    run: Run, clusters: str | None, name: str | None, ci: CodeHost | None, backend: str | None, *, probe: bool
) -> Wishes:
    from reconciler import app

    asks = clusters is None
    if asks:
        app.check_new(run.options())
    if asks and not sys.stdin.isatty():
        raise Failure(Cause.USAGE, "--clusters is missing, and stdin is no terminal to ask on", hint=_EXAMPLE)
    given = _clusters(clusters if clusters is not None else _asked(run, "Clusters (NAME=ADDRESS,...)", ""))
    if asks and ci is None:
        ci = _host(_asked(run, "CI files (github, gitlab, none)", "none"))
    if asks and backend is None:
        backend = _asked(run, "Where the state is kept (local, consul, postgres, ...)", "local")
    name = name or _fitting(run.given.directory.resolve().name)
    if not _NAME.match(name):
        raise Failure(
            Cause.USAGE, f"{name!r} cannot be the name of a configuration", hint="for example: --name shop"
        )
    return Wishes(name, given, ci or CodeHost.NONE, _backend(backend or "local", name, given), probe)


def _asked(run: Run, question: str, usual: str) -> str:
    """Return what is typed as an answer; the usual one where nothing is."""
    run.out.text(f"{question}{f' [{usual}]' if usual else ''}: ")
    run.out.flush()
    return sys.stdin.readline().strip() or usual


def _clusters(text: str) -> dict[str, str]:
    """Return name -> address. Raises `Failure`."""
    out: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, sign, address = (one.strip() for one in part.partition("="))
        if not (name and sign and address):
            raise Failure(Cause.USAGE, f"{part!r} is not NAME=ADDRESS", hint=_EXAMPLE)
        if name in out:
            raise Failure(Cause.USAGE, f"the cluster {name} is there twice", hint=_EXAMPLE)
        out[name] = address
    if not out:
        raise Failure(Cause.USAGE, "there is no cluster", hint=_EXAMPLE)
    return out


def _host(text: str) -> CodeHost:
    try:
        return CodeHost(text)
    except ValueError:
        raise Failure(Cause.USAGE, f"{text!r} is not github, gitlab or none") from None


def _backend(text: str, name: str, clusters: dict[str, str]) -> dict[str, str]:
    """Return the section `state`, with what is usual for what was not given. Raises `Failure`."""
    backend, *pairs = (one.strip() for one in text.split(","))
    backend = backend.removeprefix("backend=")
    given = dict(_pair(pair) for pair in pairs)
    usual = {
        "local": {"path": "state"},
        "consul": {"address": next(iter(clusters.values())), "path": f"reconciler/{name}"},
        "postgres": {"schema": "reconciler", "name": name},
        "s3": {"prefix": name},
        "gcs": {"prefix": name},
        "azure": {"prefix": name},
    }
    return {"backend": backend, **{**usual.get(backend, {}), **given}}


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not (re.fullmatch("[a-z_]+", key) and sign):
        hint = "for example: --backend consul,path=teams/a"
        raise Failure(Cause.USAGE, f"{text!r} is not KEY=VALUE", hint=hint)
    return key, value


def _fitting(text: str) -> str:
    """Return a folder's name as that of a configuration."""
    return re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")[:60] or "mesh"
