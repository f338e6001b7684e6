"""Every format shows the verdict of its document, whatever that is; and any JSON is read or refused."""

from __future__ import annotations

import html as markup
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.verdict.applies import apply_verdict
from reconciler.model.verdict.plans import plan_verdict
from reconciler.render.report.reading.read import read
from reconciler.render.report.value import BAD
from reconciler.render.report.writing import written
from tests.support import samples as s
from tests.support.results.documents import apply_lines, hostile_documents, many, plan_document
from tests.support.results.verdicts import outcomes, plans

SLOW = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FORMATS = ("markdown", "html", "junit", "sarif", "github", "gitlab")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=8,
)


class Elements(HTMLParser):
    """The elements of a page, with what each may load or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, int] = {}
        self.loads: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found[tag] = self.found.get(tag, 0) + 1
        self.loads += [
            f"{tag} {name}"
            for name, value in attrs
            if name.startswith("on") or (name in ("src", "href") and not str(value).startswith("#"))
        ]


def shows(document: Any, text: str, *, bad: bool) -> None:
    """Assert that all formats show a verdict."""
    report = read(document)
    shown = {name: written(name, [report]) for name in FORMATS}
    plain = re.sub(r"\\(.)", r"\1", shown["markdown"].replace("&#8203;", ""))
    assert text in markup.unescape(plain)
    assert text in markup.unescape(shown["html"])
    assert text in markup.unescape(shown["junit"])
    assert json.loads(shown["sarif"])["runs"][0]["invocations"][0]["exitCodeDescription"] == text
    assert ("<failure" in shown["junit"]) == bad
    if bad:
        assert "::error" in shown["github"] or "::warning" in shown["github"]


@SLOW
@given(plans(), st.booleans())
def test_a_plan(plan: Any, detailed: bool) -> None:
    verdict = plan_verdict(plan, detailed=detailed)
    shows(plan_document(plan, verdict=verdict), verdict.text, bad=verdict.word in BAD)


@SLOW
@given(plans(), outcomes)
def test_an_apply(plan: Any, outcome: Any) -> None:
    verdict = apply_verdict(plan, outcome)
    shows(apply_lines(plan, outcome), verdict.text, bad=verdict.word in BAD)


@SLOW
@given(hostile_documents())
def test_nothing_in_a_page_runs_or_loads(document: Any) -> None:
    page = written("html", [read(document)])
    found = Elements(page)
    assert found.loads == []
    assert found.found["script"] == 2  # the page's own, and its data
    assert not set(found.found) & {"img", "iframe", "object", "embed", "link", "form"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f]", page)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of a document: its container, and its key there."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


@settings(SLOW, max_examples=150)
@given(values, st.sampled_from(["plan", "validate", "apply"]), st.data())
def test_any_json_is_read_or_refused(value: Any, kind: str, data: Any) -> None:
    """Wherever something of another type is: a document may be of another version, or be anyone's file."""
    problem = {"severity": "error", "code": "x", "range": {"filename": "a", "start": {"line": 1}}}
    samples = {"plan": plan_document(s.EVERYTHING), "validate": {"valid": True, "diagnostics": [problem]}}
    document = samples.get(kind) or apply_lines()
    places = list(_places(document))
    container, key = places[data.draw(st.integers(0, len(places) - 1))]
    container[key] = value
    try:
        report = read(document)
    except ValueError:
        return
    for name in FORMATS:
        assert isinstance(written(name, [report]), str)


def test_a_document_of_another_kind_is_refused_in_words() -> None:
    for document in ({}, {"a": 1}, [], [{"type": "log"}]):
        with pytest.raises(ValueError, match="it is n"):
            read(document)  # type: ignore[arg-type]


def test_a_large_plan_is_one_page() -> None:
    page = written("html", [read(many(300))])
    assert page.count('class="step"') == 300
    assert 'data-action="create"' in page
