"""`reconciler sandbox`: emulated Consul clusters to try things on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from reconciler.cli.run import Run
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.render.text.lines import BLANK, Line, faint, strong
from reconciler.sdk.files import write_file


def sandbox(
    run: Run,
    clusters: Annotated[
        str, typer.Option("--clusters", help="Cluster names, separated by commas.", metavar="NAMES")
    ] = "dc1,dc2",
    port: Annotated[
        int,
        typer.Option(
            "--port",
            help="Port of the first cluster, the others 20 apart; 0: free ports.",
            min=0,
            max=65535,
            metavar="PORT",
        ),
    ] = 8500,
    version: Annotated[
        list[str] | None,
        typer.Option(
            "--version",
            help="Consul version of all clusters or of one; repeatable.",
            metavar="[NAME=]VERSION",
        ),
    ] = None,
    partition: Annotated[
        list[str] | None,
        typer.Option(
            "--partition",
            help="A partition of an Enterprise cluster, or a namespace in one; repeatable.",
            metavar="NAME=PARTITION[:NAMESPACE]",
        ),
    ] = None,
    acl: Annotated[bool, typer.Option("--acl", help="Enable ACLs with default deny.")] = False,
    management_token: Annotated[
        str | None,
        typer.Option("--management-token", help="The management token (with --acl).", metavar="TOKEN"),
    ] = None,
    federation: Annotated[
        list[str] | None,
        typer.Option(
            "--federation",
            help="Datacenters of one WAN federation, the primary first; repeatable.",
            metavar="NAMES",
        ),
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            "--ready-file",
            help="Write {name: address} to FILE once all answer.",
            metavar="FILE",
        ),
    ] = None,
) -> int:
    """Serve emulated Consul clusters on loopback ports until Ctrl-C.

    They answer Consul's HTTP API as real servers do, error texts included, and peer with each other and with
    the clusters of other sandboxes.

    \b
    Examples:
      reconciler sandbox --clusters dc1,dc2,dc3
      reconciler sandbox --clusters old,new --version old=1.14 --version new=1.20
      reconciler sandbox --version dc1=1.20+ent --partition dc1=team --partition dc1=team:finance
      reconciler sandbox --clusters main,branch,other --federation main,branch
      reconciler sandbox --port 0 --ready-file ready.json
    """
    from reconciler.emulator.serve.server import run as serve

    places = _places(partition or [])
    options = _options(
        clusters,
        port,
        version or [],
        partitions=places,
        federations=[_names(text) for text in federation or ()],
        acl=acl,
        token=management_token,
    )

    def ready(urls: dict[str, str]) -> None:
        run.out.lines(_welcome(urls, options.management_token if acl else ""))
        run.out.flush()
        if ready_file is not None:
            write_file(ready_file, json.dumps(urls).encode() + b"\n")  # whole: others wait for it

    try:
        serve(options, ready=ready)
    except OSError as error:
        raise Failure(
            Cause.USAGE,
            f"the sandbox cannot be served: {error.strerror or error}",
            detail=f"first port: {port}",
            hint="use another --port, or --port 0 for free ones",
        ) from None
    return ExitCode.OK


def _places(given: list[str]) -> dict[str, list[str]]:
    """Return partitions and namespaces by cluster."""
    out: dict[str, list[str]] = {}
    for text in given:
        name, equals, place = text.partition("=")
        if not equals:
            hint = "name the cluster: --partition dc1=team"
            raise Failure(Cause.USAGE, f"{text!r} does not name the partition's cluster", hint=hint)
        out.setdefault(name, []).append(place)
    return out


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _options(clusters: str, port: int, versions: list[str], *, token: str | None, **settings: Any) -> Any:
    from reconciler.emulator import SandboxOptions

    names = _names(clusters)
    if not names:
        raise Failure(Cause.USAGE, "a sandbox needs a cluster", hint="--clusters dc1,dc2")
    more: dict[str, Any] = settings | ({"management_token": token} if token else {})
    for text in versions:
        name, equals, version = text.partition("=")
        if equals:
            more.setdefault("versions", {})[name] = version
        else:
            more["version"] = text
    try:
        return SandboxOptions(clusters=names, port=port, **more)
    except ValueError as error:
        raise Failure(Cause.USAGE, f"cannot start this sandbox: {error}") from None


def _welcome(urls: dict[str, str], token: str) -> list[Line]:
    out: list[Line] = [
        [f"Sandbox of {len(urls)} cluster{'s' if len(urls) != 1 else ''}, until Ctrl-C:"],
        BLANK,
    ]
    columns = max(map(len, urls))
    out += [["  ", strong(f"{name:<{columns}}"), f"  {url}"] for name, url in urls.items()]
    out += [BLANK, ["In a configuration:"], BLANK, ["  clusters:"]]
    out += [[f'    {name}: {{address: "{url}"}}'] for name, url in urls.items()]
    if token:
        out += [BLANK, ["ACLs are on. The management token, for each cluster:"], BLANK]
        out += [[f"  export RECONCILER_TOKEN_{name.upper().replace('-', '_')}={token}"] for name in urls]
    first = next(iter(urls.values()))
    return [*out, BLANK, [faint(f"By hand: curl {first}/v1/peerings")]]
