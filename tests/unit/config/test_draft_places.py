"""Where a part of a resource is declared, in each form that it may be declared in."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.config.drafts.draft import GenericDraft, RawDraft, ShorthandDraft, parts_of
from reconciler.config.text.document import Place
from reconciler.config.text.source import parse
from reconciler.sdk.address import Address

WHERE = Address("service_intentions", "dc1", "api")


def written(text: str) -> tuple[dict[str, Any], Place]:
    doc, problems = parse(text, "a.yaml")
    assert not problems
    return doc.value, Place(doc, doc.marks)


RAW = """\
Kind: service-intentions
sources:
- name: web
- {name: db, Peer: eu}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("Sources",), 3),
        (("Sources", 1), 4),
        (("Sources", 1, "peer"), 4),
        (("Sources", 0, "Action"), 3),  # as far as it exists
        (("Meta",), 1),
    ],
)
def test_in_consuls_form_it_is_where_the_field_is_in_any_letter_case(
    path: tuple[Any, ...], line: int
) -> None:
    body, place = written(RAW)
    assert RawDraft(WHERE, body, place, place).place_of(*path).position.line == line


SHORT = """\
api:
- {from: web}
- {from: db@eu}
"""


def test_in_a_shorthand_it_is_what_the_part_was_made_from() -> None:
    body, place = written(SHORT)
    parts = parts_of("Sources", [place.inner("api", number) for number in range(2)])
    draft = ShorthandDraft(WHERE, body, place.key("api"), place.inner("api"), parts=parts)
    assert draft.place_of("Sources", 1).position.line == 3
    assert draft.place_of("Sources", 1, "Permissions", 0).position.line == 3
    assert draft.place_of("Sources", 7) == draft.key, "of what is not known, the whole resource"
    assert draft.place_of("Meta") == draft.key


def test_in_a_providers_form_it_is_exactly_where_the_path_says() -> None:
    body, place = written("title: x\nTitle: y\n")
    draft = GenericDraft(WHERE, body, place, place, type_place=place)
    assert draft.place_of("Title").position.line == 2
    assert draft.place_of("TITLE").position.line == 1, "no such key: the whole"
