"""`reconciler graph`: pictures of the topology and of what depends on what."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options.worlds import Live, PlanFile, Snapshot, world_choice
from reconciler.cli.run import Run
from reconciler.model.failure import Cause, ExitCode, Failure

if TYPE_CHECKING:
    from reconciler.app import WorldChoice


class GraphType(Enum):
    """What is drawn."""

    DEPENDENCIES = "dependencies"
    TOPOLOGY = "topology"


class GraphFormat(Enum):
    """How it is written."""

    DOT = "dot"
    MERMAID = "mermaid"
    SVG = "svg"


def graph(
    run: Run,
    type_: Annotated[
        GraphType | None,
        typer.Option(
            "--type",
            help="dependencies of resources, or the topology of clusters and peerings (default with --live, "
            "--snapshot, --html and svg).",
        ),
    ] = None,
    format_: Annotated[GraphFormat, typer.Option("--format", help="The format.")] = GraphFormat.DOT,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write the topology as one self-contained page.", metavar="FILE"),
    ] = None,
    live: Live = False,
    plan: PlanFile = None,
    snapshot: Snapshot = None,
    group_by: Annotated[
        str, typer.Option("--group-by", help="Group clusters by this label.", metavar="LABEL")
    ] = "region",
    flows: Annotated[
        bool, typer.Option("--flows", help="Also list the calls between clusters that may be answered.")
    ] = False,
) -> int:
    """Draw clusters, peerings and exports, or what depends on what.

    With --plan FILE, what the plan changes has the plan's colours.

    \b
    Examples:
      reconciler graph | dot -Tsvg > dependencies.svg
      reconciler graph --type topology --format mermaid
      reconciler graph --live --html topology.html
      reconciler plan --out p.json && reconciler graph --plan p.json --html topology.html
    """
    choice = world_choice(live=live, plan=plan, snapshot=snapshot)
    drawn = _type(type_, format_, topology=live or snapshot is not None or html is not None)
    if drawn is GraphType.DEPENDENCIES:
        from reconciler import app

        run.out.text(_dependencies(format_)(app.dependencies(run.options(), choice)))
        return ExitCode.OK
    return _topology(run, choice, format_, html, group_by=group_by, flows=flows)


def _type(given: GraphType | None, format_: GraphFormat, *, topology: bool) -> GraphType:
    """Return what is drawn. Raise `Failure` for dependencies where only the topology can be drawn."""
    only = topology or format_ is GraphFormat.SVG
    if given is GraphType.DEPENDENCIES and only:
        hint = "leave out --live, --snapshot and --html, and choose --format dot or mermaid"
        raise Failure(Cause.USAGE, "dependencies are those of a configuration or a plan", hint=hint)
    return given or (GraphType.TOPOLOGY if only else GraphType.DEPENDENCIES)


def _dependencies(format_: GraphFormat) -> Callable[..., str]:
    from reconciler.render.graph.as_dot import dependencies_dot
    from reconciler.render.graph.as_mermaid import dependencies_mermaid

    return dependencies_dot if format_ is GraphFormat.DOT else dependencies_mermaid


def _topology(
    run: Run, choice: WorldChoice, format_: GraphFormat, html: Path | None, *, group_by: str, flows: bool
) -> int:
    from reconciler import app
    from reconciler.cli.terminal.pages import write_page
    from reconciler.render.graph.html import topology_page

    work = app.draw_topology(run.options(), choice, group_by=group_by, flows=flows)
    result = run.look(work, doing="Reading clusters")
    if html is None:
        run.out.text(_written(format_)(result))
        return ExitCode.OK
    write_page(html, topology_page(result))
    clusters, peerings = len(result.topology.sites), len(result.topology.links)
    run.err.lines([[f"Wrote {html}: {clusters} clusters, {peerings} peerings."]])
    return ExitCode.OK


def _written(format_: GraphFormat) -> Callable[..., str]:
    from reconciler.render.graph.as_dot import topology_dot
    from reconciler.render.graph.as_mermaid import topology_mermaid
    from reconciler.render.graph.svg import topology_svg

    return {
        GraphFormat.DOT: topology_dot,
        GraphFormat.MERMAID: topology_mermaid,
        GraphFormat.SVG: topology_svg,
    }[format_]
