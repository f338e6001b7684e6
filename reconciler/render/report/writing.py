"""Every format of a report by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.render.report.value import Report


def written(name: str, reports: Sequence[Report], *, max_size: int | None = None) -> str:
    """Return reports in a format. Raises `KeyError` for a name that is none. Imports that format alone."""
    return _WRITERS[name](reports, max_size)


def _markdown(reports: Sequence[Report], max_size: int | None) -> str:
    from reconciler.render.report.markdown import GITHUB, markdown

    return markdown(reports, max_size or GITHUB)


def _html(reports: Sequence[Report], max_size: int | None) -> str:
    from reconciler.render.report.html import html

    return html(reports)


def _sarif(reports: Sequence[Report], max_size: int | None) -> str:
    from reconciler.render.report.scanning.sarif import sarif

    return sarif(reports)


def _junit(reports: Sequence[Report], max_size: int | None) -> str:
    from reconciler.render.report.scanning.junit import junit

    return junit(reports)


def _github(reports: Sequence[Report], max_size: int | None) -> str:
    from reconciler.render.report.scanning.github import github

    return github(reports)


def _gitlab(reports: Sequence[Report], max_size: int | None) -> str:
    from reconciler.render.report.scanning.gitlab import gitlab

    return gitlab(reports)


_WRITERS: dict[str, Callable[[Sequence[Report], int | None], str]] = {
    "markdown": _markdown,
    "html": _html,
    "sarif": _sarif,
    "junit": _junit,
    "github": _github,
    "gitlab": _gitlab,
}
