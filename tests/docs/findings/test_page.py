"""docs/findings.md says what the catalogue says."""

from __future__ import annotations

from tests.docs.findings.page import PAGE, page


def test_the_page_of_findings_says_what_the_catalogue_says() -> None:
    assert PAGE.read_text() == page(), "make findings writes it"
