"""The Markdown of a report: what it shows first, its size, and that no name breaks out of it."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt

from reconciler.render.report.cutting import Part, cut, size
from reconciler.render.report.markdown import markdown
from reconciler.render.report.reading.read import read
from tests.support import samples as s
from tests.support.results.documents import (
    apply_lines,
    hostile_applies,
    hostile_documents,
    many,
    plan_document,
)

GFM = MarkdownIt("gfm-like", {"linkify": True, "html": True})
OURS = {
    "h3", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "details",
    "summary", "pre", "sub", "blockquote",
}  # fmt: skip
MENTION = re.compile(r"(?<![\w`])@[A-Za-z0-9]")
REFERENCE = re.compile(r"(?<!\w)[#!]\d|\bgh-\d", re.IGNORECASE)


class Page(HTMLParser):
    """Collects the tags of a page, and the text that forges look for mentions in: all but code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.comments: list[str] = []
        self.text = ""
        self._code = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self._code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.text += "" if self._code else data


def page_of(document: Any) -> tuple[str, Page]:
    text = markdown([read(document)])
    return text, Page(GFM.render(text))


def contained(document: Any) -> None:
    """Assert that nothing in a document became markup."""
    text, page = page_of(document)
    assert page.tags <= OURS
    assert page.attributes <= {("details", "open"), ("code", "class")}
    assert page.comments == [" reconciler report "]
    assert not MENTION.search(page.text)
    assert not REFERENCE.search(page.text)
    assert "://" not in page.text
    assert not [line for line in text.splitlines() if line.startswith("/")], "GitLab runs such a line"
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u0000-\u0009\u000b-\u001f]", text)


@pytest.mark.long
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile_documents())
def test_no_name_breaks_out(document: Any) -> None:
    contained(document)
    tables = [token for token in GFM.parse(markdown([read(document)])) if token.type == "tr_open"]
    assert tables


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile_applies())
def test_no_error_of_a_server_breaks_out(document: Any) -> None:
    contained(document)


def test_the_check_finds_what_it_looks_for() -> None:
    for text in ("@octocat", "https://evil.example", "<img src=x>", "a@b.com", "#12"):
        page = Page(GFM.render(f"a {text} b"))
        assert page.tags - OURS or MENTION.search(page.text) or REFERENCE.search(page.text), text


def test_every_row_of_a_table_has_its_columns() -> None:
    text, _ = page_of(plan_document(s.EVERYTHING))
    rows = [line for line in text.splitlines() if line.startswith("| ") and "service_" in line]
    assert rows
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {6, 7}


def test_the_verdict_is_first() -> None:
    text, _ = page_of(plan_document(s.FIRST))
    assert text.splitlines()[1] == "### Plan: 2 to add, 1 to change, 0 to destroy."
    assert "fingerprint `7f3a-91c2-0be4`" in text


def test_every_part_of_a_report_has_its_section_in_order_of_weight() -> None:
    everything = dataclasses.replace(s.EVERYTHING, access=s.REACHED, policies=(s.FOUND,))
    drifted = {"class": "removed", "address": "mesh.dc1/mesh"}
    ignored = {"address": "mesh.dc2/mesh", "path": ["Meta"], "reason": "the portal writes it"}
    more = {"drift": {"items": [drifted]}, "ignored": [ignored], "safety": [{"text": "too many"}]}
    text, _ = page_of(plan_document(everything) | more)
    heads = [
        "**Blocked by a safety check**", "**Policies**", "**Access**", "**Actions**",
        "**Changed outside reconciler**", "**Not decided**", "**Clusters that did not answer**",
        "1 difference ignored", "<details",
    ]  # fmt: skip
    assert [head for head in heads if head not in text] == []
    assert sorted(heads[:-1], key=text.index) == heads[:-1]


def test_details_are_as_in_the_text_page() -> None:
    text, _ = page_of(plan_document(s.FIRST))
    assert "+ probe@lab          2 rules" in text
    assert "+ storefront@south   allow" in text


@pytest.mark.parametrize("limit", [2_000, 10_000, 65_536])
def test_a_large_plan_is_cut_to_the_size_and_says_so(limit: int) -> None:
    text = markdown([read(many(600))], limit)
    assert size(text) <= limit
    assert size(text) > limit // 3, "as much as fits is shown"
    assert f"Cut to {limit:,} characters. Left out: " in text
    assert text.startswith("<!-- reconciler report -->\n### ")
    assert text.count("<details") == text.count("</details>")
    assert text.count("```") % 2 == 0


def test_parts_that_are_never_left_out_are_cut_at_the_end_of_a_line() -> None:
    text = cut([Part("a line of it\n" * 200)], 1000)
    assert size(text) <= 1000
    assert text.endswith("a line of it\n")


def test_what_is_risky_is_left_out_last() -> None:
    text = markdown([read(many(600))], 20_000)
    assert "**breaks 3 paths**" in text
    assert "detail" in text.partition("Left out: ")[2].partition(";")[0]


def test_wide_characters_count_as_hosts_count_them() -> None:
    assert (size("a"), size("é"), size("😀")) == (1, 1, 2)


def test_several_reports_are_one_document() -> None:
    text = markdown([read(plan_document(s.FIRST), source="a.json"), read(apply_lines(), source="b.json")])
    assert text.count("\n### ") == 2
    assert "`a.json`" in text
    assert "### ❌ 2 applied, 1 failed, 1 skipped" in text
    assert "**failed**" in text


def test_what_to_do_about_a_failed_step_is_beside_it() -> None:
    text, _ = page_of(apply_lines())
    assert 'add to the policy of the token for north: service "pricing"' in text
