"""Pages as a reader uses them: nothing is loaded, no script fails, a click shows reasons."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.render.access.html import access_page
from reconciler.render.graph.html import topology_page
from reconciler.render.report.reading.read import read
from reconciler.render.report.writing import written
from tests.support import samples as s
from tests.support.access.samples import HOSTILE, estate
from tests.support.access.topologies import large
from tests.support.results.documents import apply_lines, many, plan_document

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Reader:
    """A browser window with one page; keeps what went wrong and what was loaded."""

    def __init__(self, window: Any, folder: Path) -> None:
        self.window, self.folder = window, folder
        self.wrong: list[str] = []
        self.loaded: list[str] = []
        window.on("pageerror", lambda error: self.wrong.append(str(error)))
        window.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        window.on("dialog", lambda dialog: (self.wrong.append(dialog.message), dialog.dismiss()))
        window.on("request", lambda request: self.loaded.append(request.url))

    def open(self, page: str) -> None:
        file = self.folder / "page.html"
        file.write_text(page, encoding="utf-8")
        self.window.goto(file.as_uri())
        assert self.loaded == [file.as_uri()]

    def details(self) -> str:
        return str(self.window.locator("#details").inner_text())


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium")
    with playwright.sync_playwright() as made:
        started = made.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        yield started
        started.close()


@pytest.fixture
def reader(browser: Any, tmp_path: Path) -> Iterator[Reader]:
    found = Reader(browser.new_page(viewport={"width": 1300, "height": 800}), tmp_path)
    yield found
    assert found.wrong == []
    found.window.close()


def test_a_cell_shows_its_reasons(reader: Reader) -> None:
    reader.open(access_page(estate(12, 3)))
    reader.window.locator("td.denied").first.click()
    assert "first match" in reader.details()
    reader.window.keyboard.press("ArrowRight")
    assert reader.window.locator("td.picked").count() == 1


def test_a_large_matrix_begins_folded_and_a_search_unfolds_it(reader: Reader) -> None:
    reader.open(access_page(estate(100, 5)))
    assert reader.window.locator("th.leaf").count() == 0
    reader.window.locator("#callers").fill("web-1")
    assert reader.window.locator("tbody th.leaf").count() > 0


# All at once: the page draws other cells when it has scrolled.
SCROLLED = """place => {
  const matrix = document.getElementById("matrix");
  Object.assign(matrix, place);
  matrix.dispatchEvent(new Event("scroll"));
  const td = [...matrix.querySelectorAll("tr:not(.groups) td.denied")].at(-1);
  td.click();
  return [td.parentNode.cells[0].title, td.closest("table").tHead.rows[0].cells[td.cellIndex].title];
}"""


def _cells_of(reader: Reader) -> int:
    return int(reader.window.locator("#matrix tr:not(.space) td:not(.space)").count())


def test_of_a_very_large_matrix_the_visible_part_is_in_the_page(reader: Reader) -> None:
    """And any part of it once it is scrolled to: names and answers belong together there, too."""
    reader.open(access_page(estate(200, 5)))
    reader.window.locator("#unfold").click()
    assert _cells_of(reader) < 15_000
    for place in ({"scrollTop": 1e6, "scrollLeft": 1e6}, {"scrollTop": 2000}):
        caller, to = reader.window.evaluate(SCROLLED, place)
        assert reader.details().startswith(f"{caller} → {to}")
        assert reader.window.locator("td.picked").count() == 1
    for _ in range(40):
        reader.window.keyboard.press("ArrowUp")
    assert reader.window.locator("td.picked").count() == 1


def test_the_place_of_a_link_into_a_very_large_matrix_is_shown(reader: Reader) -> None:
    reader.open(access_page(estate(200, 5)))
    reader.window.locator("#unfold").click()
    reader.window.locator("td.denied").nth(9).click()
    pair = reader.details().splitlines()[0]
    reader.window.evaluate("document.getElementById('matrix').scrollTop = 1e6")
    reader.window.reload()
    reader.loaded.clear()
    assert reader.details().startswith(pair)
    assert reader.window.locator("td.picked").count() == 1


def test_all_of_a_matrix_is_printed(reader: Reader) -> None:
    reader.open(access_page(estate(130, 5)))
    reader.window.locator("#unfold").click()
    assert _cells_of(reader) < 6000
    reader.window.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert _cells_of(reader) == 135 * 135
    reader.window.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert _cells_of(reader) < 6000


def test_names_are_text(reader: Reader) -> None:
    reader.open(access_page(HOSTILE))
    reader.window.locator("td.denied").first.click()
    assert "<img src=x" in reader.details()


def test_a_topology_is_moved_by_keys(reader: Reader) -> None:
    reader.open(topology_page(large(60, 2000, 300)))
    picture = reader.window.locator("#picture > svg")
    whole = picture.get_attribute("viewBox")
    reader.window.locator(".site").first.click()
    for key in ("+", "ArrowRight"):
        before = picture.get_attribute("viewBox")
        reader.window.keyboard.press(key)
        assert picture.get_attribute("viewBox") != before
    reader.window.keyboard.press("0")
    assert picture.get_attribute("viewBox") == f"{whole}"
    reader.window.keyboard.press("Escape")
    assert reader.window.locator(".picked").count() == 0


def test_a_service_is_found_in_a_large_topology(reader: Reader) -> None:
    reader.open(topology_page(large(60, 2000, 300)))
    reader.window.locator("#find").fill("eu-west-3")
    reader.window.locator("button[data-to-site]").first.click()
    assert "33 services" in reader.details()
    before = reader.window.locator("#picture > svg").get_attribute("viewBox")
    reader.window.locator("#whole").click()
    assert reader.window.locator("#picture > svg").get_attribute("viewBox") != before


def report_page(*documents: Any) -> str:
    return written("html", [read(document) for document in documents])


def test_a_report_of_three_actions_shows_them_unfolded(reader: Reader) -> None:
    reader.open(report_page(plan_document(s.FIRST)))
    assert "Plan: 2 to add, 1 to change, 0 to destroy." in reader.window.locator("h1").inner_text()
    assert reader.window.locator(".step[open]").count() == 3
    assert reader.window.locator(".picture svg").is_visible()
    assert "probe@lab" in reader.window.locator(".step").nth(1).inner_text()


def test_a_report_of_many_actions_is_searched_and_filtered(reader: Reader) -> None:
    reader.open(report_page(many(300)))
    shown = reader.window.locator(".step:visible")
    assert shown.count() == 300
    assert reader.window.locator(".step[open]").count() == 0
    reader.window.locator(".find").fill("dc1/service-11")
    assert {"service-11" in one for one in shown.all_inner_texts()} == {True}
    reader.window.locator(".find").fill("")
    reader.window.locator("input[data-action=create]").uncheck()
    assert shown.count() == 150
    reader.window.locator(".unfold").click()
    assert reader.window.locator(".step[open]").count() > 200


def test_a_report_is_printed_with_its_details(reader: Reader) -> None:
    reader.open(report_page(many(20)))
    reader.window.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert reader.window.locator("details:not([open])").count() == 0
    reader.window.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert reader.window.locator("details[open]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_readable_in_both_schemes(reader: Reader, scheme: str) -> None:
    reader.window.emulate_media(color_scheme=scheme)
    reader.open(report_page(plan_document(s.EVERYTHING), apply_lines()))
    colours = "one => [getComputedStyle(one).color, getComputedStyle(document.body).backgroundColor]"
    text, back = reader.window.locator("h1").first.evaluate(colours)
    assert text != back
    assert reader.window.locator("ul.reports li").count() == 2


@pytest.mark.parametrize("page", ["report", "access", "topology"])
def test_paper_is_white_also_where_the_screen_is_dark(reader: Reader, page: str) -> None:
    reader.window.emulate_media(color_scheme="dark", media="print")
    pages = {
        "report": lambda: report_page(many(20)),
        "access": lambda: access_page(estate(12, 3)),
        "topology": lambda: topology_page(large(12, 60, 20)),
    }
    reader.open(pages[page]())
    back = reader.window.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
    assert back == "rgb(255, 255, 255)"
    assert reader.window.locator(".tools button:visible, .tools input:visible").count() == 0


def test_an_unfolded_matrix_fits_on_the_paper(reader: Reader) -> None:
    reader.open(access_page(estate(100, 5)))
    reader.window.locator("#unfold").click()
    reader.window.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    wide = reader.window.locator("table.matrix").evaluate("one => one.getBoundingClientRect().width")
    assert wide <= 979, "Letter, landscape"
    reader.window.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert reader.window.locator("table.matrix").evaluate("one => one.style.zoom") == ""


def test_a_class_of_peerings_is_hidden_with_its_signs(reader: Reader) -> None:
    reader.open(topology_page(large(12, 60, 20)))
    assert reader.window.locator(".sign.broken:visible").count() > 0
    reader.window.locator("input[data-class=broken]").uncheck()
    assert reader.window.locator("#picture .sign.broken:visible").count() == 0
    assert reader.window.locator("#picture .link.broken:visible").count() == 0
