"""Pages on paper: light, whole, with what is folded, and without what only a screen has."""

from __future__ import annotations

import re

import pytest

from reconciler.render.access.html import access_page
from reconciler.render.graph.html import topology_page
from reconciler.render.graph.svg import topology_svg
from reconciler.render.report.reading.read import read
from reconciler.render.report.writing import written
from tests.support import samples as s
from tests.support.access.samples import estate
from tests.support.access.topologies import small
from tests.support.results.documents import many, plan_document

PAGES = {
    "report": written("html", [read(many(30))]),
    "drift": written("html", [read(plan_document(s.DRIFT_ONLY), is_drift=True)]),
    "access": access_page(estate(12, 3)),
    "topology": topology_page(small()),
}


def rules(page: str) -> str:
    """Return the rules of a page for paper."""
    blocks = re.findall(r"@media print \{((?:[^{}]|\{[^{}]*\})*)\}", page)
    return "\n".join(blocks)


@pytest.mark.parametrize("name", PAGES)
def test_paper_is_light_and_has_its_colours(name: str) -> None:
    page = PAGES[name]
    assert "@media (prefers-color-scheme: dark)" not in page
    assert "@media screen and (prefers-color-scheme: dark)" in page
    assert "color-scheme: light;" in rules(page)
    assert "print-color-adjust: exact" in rules(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_row_is_on_one_page_below_its_head(name: str) -> None:
    assert "tr { break-inside: avoid; }" in rules(PAGES[name])
    assert "thead { display: table-header-group; }" in rules(PAGES[name])


def test_a_picture_by_itself_is_light_on_paper_too() -> None:
    assert "@media screen and (prefers-color-scheme: dark)" in topology_svg(small())


def test_a_report_is_printed_whole() -> None:
    found = rules(PAGES["report"])
    assert "section, .step, header.verdict { break-inside: avoid; }" in found
    assert "details::details-content { content-visibility: visible;" in found, "also without the script"
    assert ".wide, .steps { overflow: visible; }" in found
    assert ".tools { display: none; }" in found
    assert "beforeprint" in PAGES["report"]


@pytest.mark.parametrize("name", ["access", "topology"])
def test_the_legend_is_printed_and_the_controls_are_not(name: str) -> None:
    assert ".tools input, .tools button, .tools label:not(.entry)" in rules(PAGES[name])
    assert '<label class="entry">' in PAGES[name]


def test_a_wide_matrix_is_printed_as_small_as_the_paper_needs() -> None:
    assert 'addEventListener("beforeprint", () => zoom(' in PAGES["access"]
