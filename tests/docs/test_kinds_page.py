"""docs/kinds.md says what the records say."""

from __future__ import annotations

from tests.docs.kinds_page import PAGE, page


def test_the_page_of_kinds_says_what_the_records_say() -> None:
    assert PAGE.read_text() == page(), "make kinds writes it"
