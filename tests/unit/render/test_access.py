"""Answers as text, Markdown, CSV and a page: grouped, folded, and nothing in a name is obeyed."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
import yaml

from reconciler.model.access import Allowing
from reconciler.render.access.as_csv import access_csv
from reconciler.render.access.as_json import access_value
from reconciler.render.access.explained import explained_lines
from reconciler.render.access.html import access_page
from reconciler.render.access.markdown import access_markdown
from reconciler.render.access.table import callers_text, table_lines
from reconciler.render.text.flow_yaml import flow_yaml
from reconciler.render.text.lines import paint
from reconciler.sdk.access.answer import Decision, Origin, Reason, Verdict
from reconciler.sdk.access.question import Service, Upstream
from reconciler.sdk.address import Address
from tests.support.access.samples import EVERYTHING, HOSTILE, answer, estate, result
from tests.support.tables import each


def shown(*answers: object) -> list[str]:
    """Return the rows of the table, without its head and its counts."""
    return paint(table_lines(result(*answers))).splitlines()[2:-2]  # type: ignore[arg-type]


def at(cluster: str, *names: str) -> list[Service]:
    return [Service(cluster, name) for name in names]


def test_callers_with_the_same_answer_are_on_one_line() -> None:
    rows = shown(
        *(answer(Decision.ALLOWED, caller) for caller in at("dc2", "web", "cli")),
        answer(Decision.DENIED, Service("dc3", "web")),
        answer(Decision.DEPENDS, Service("dc3", "probe")),
    )
    assert rows == [
        "to dc1",
        "  api       allowed      web@dc2, cli@dc2",
        "            depends      probe@dc3   GET /v1/*",
        "            denied       web@dc3",
    ]


def test_many_callers_are_counted_by_cluster() -> None:
    named = [f"s{number}@dc{number % 2}" for number in range(9)]
    assert callers_text(named) == "s0@dc0, s1@dc1, s2@dc0 and 6 more (dc0 3, dc1 3)"


def test_many_destinations_with_the_same_answers_are_one_entry() -> None:
    rows = shown(*(answer(Decision.DENIED, to=to) for to in at("dc1", "a", "b", "c", "d", "e")))
    assert rows == ["to dc1", "  a, b, c and 2 more  denied       web@dc2"]


def test_destinations_are_grouped_by_cluster() -> None:
    rows = shown(*(answer(Decision.DENIED, to=Service(name, "api")) for name in ("dc1", "dc4")))
    assert [row for row in rows if row.startswith("to ")] == ["to dc1", "to dc4"]


def test_what_is_dialed_is_listed_with_where_it_arrives_and_not_as_what_was_asked_about() -> None:
    """`--upstream api@dc1 --to db@dc1`: the answer is that of what is dialed."""
    asked = answer(Decision.ALLOWED)
    question = dataclasses.replace(asked.question, to=Service("dc1", "db"), upstream=Upstream("api", "dc1"))
    one = dataclasses.replace(asked, question=question)
    other = "arrives at api@dc1, not at db@dc1"
    assert shown(one) == ["to dc1", f"  api@dc1 -> api  allowed      web@dc2   {other}"]
    head, _, said, *_ = paint(explained_lines(result(one), one)).splitlines()
    assert (head, said) == ("web@dc2 -> db@dc1, dialed as api@dc1    ALLOWED by api@dc1", f"  {other}")
    assert other in access_markdown(result(one))
    there = dataclasses.replace(one, question=dataclasses.replace(question, to=Service("dc1", "api")))
    assert shown(there) == ["to dc1", "  api@dc1 -> api  allowed      web@dc2"]


def test_a_large_table_is_short() -> None:
    assert len(table_lines(estate(60, 3))) < 60 * 60 / 8


EXPORTED = "dc1 exported-services/default Services[2]"


def explained(decision: Decision) -> list[str]:
    one = answer(decision)
    return paint(explained_lines(result(one), one)).splitlines()


def test_an_explanation_has_the_answer_first_and_places_in_one_column() -> None:
    assert explained(Decision.UNREACHABLE) == [
        "web@dc2 -> api@dc1    UNREACHABLE",
        "  as declared",
        "",
        "  ok  peering    dc1 <-> dc2: active                          dc1",
        f"  no  export     api is not exported to dc2                   {EXPORTED}",
        "  --  intention  first match: web of peer dc2 (not reached)   dc1 service-intentions/api Sources[0]",
        "",
        "Mesh gateways on the way: dc1",
    ]


def test_steps_that_are_only_not_reached_are_one_line() -> None:
    one = answer(Decision.UNREACHABLE)
    rest = (Reason(step, Verdict.NOT_REACHED, "not reached") for step in ("permissions", "default"))
    longer = dataclasses.replace(one, because=(*one.because, *rest))
    lines = paint(explained_lines(result(longer), longer)).splitlines()
    assert "  --  not reached: permissions, default" in lines


def test_an_explanation_ends_with_what_would_allow_it() -> None:
    one = answer(Decision.DENIED)
    section = {"intentions": {"dc1": {"api": [{"from": "*@dc2", "action": "allow"}]}}}
    place = Origin("dc1", Address("service_intentions", "dc1", "api"), ("Sources", 0))
    given = result(one, allowing=Allowing((section,), (place,)))
    assert paint(explained_lines(given, one)).splitlines()[-2:] == [
        'To allow it:  intentions: {dc1: {api: [{from: "*@dc2", action: allow}]}}',
        "              in place of dc1 service-intentions/api Sources[0]",
    ]


@each("name", ["api", "*", "no", "1.5", "a: b", "a,b", '"', "\u202e", "web@dc1", "#x", ""])
def test_what_is_declared_can_be_pasted(name: str) -> None:
    value = {"exports": {name: {name: [name, {"from": name}]}}}
    assert yaml.safe_load(flow_yaml(value)) == value


def test_an_explanation_has_conditions_and_shares() -> None:
    assert "  GET /v1/*" in explained(Decision.DEPENDS)
    assert "  90 % allowed by api@dc1" in explained(Decision.MIXED)


def test_markdown_folds_what_is_long() -> None:
    text = access_markdown(estate(30, 3))
    assert "<summary>denied (" in text
    assert text.count("<details>") == text.count("</details>")
    assert "- Not known of `dc3`: it did not answer" in access_markdown(EVERYTHING)


def test_names_do_not_become_markdown() -> None:
    text = access_markdown(HOSTILE)
    for line in text.splitlines():
        plain = re.sub(r"(?<![\\`])(`+)[^`].*?\1(?!`)", "", line)  # all but code
        assert "<" not in plain
        assert not re.search(r"(?<!\\)[\[*`]", plain.replace("**denied (1)**", ""))
        if line.startswith("| ``"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 4


def test_cells_are_not_formulas() -> None:
    assert ",'=cmd|" in access_csv(HOSTILE)


@pytest.mark.parametrize("form", [access_csv, access_markdown, access_page])
def test_no_form_can_steer_a_terminal_or_the_reading_order(form: object) -> None:
    text = form(HOSTILE)  # type: ignore[operator]
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_page_loads_nothing_and_names_do_not_become_markup() -> None:
    page = access_page(HOSTILE)
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert "default-src 'none'" in page


def data_of(page: str) -> dict[str, object]:
    match = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    value: dict[str, object] = json.loads(match[1])
    return value


def test_the_page_has_every_answer_once_and_its_reasons() -> None:
    given = estate(12, 3)
    data = data_of(access_page(given))
    asked = sum(number >= 0 for row in data["cells"] for number in row)  # type: ignore[attr-defined]
    assert asked == len(given.answers)
    texts = data["texts"]
    assert "first match: web-0 of peer eu-1" in texts  # type: ignore[operator]


def test_every_form_has_the_same_number_of_answers() -> None:
    number = len(EVERYTHING.answers)
    assert len(access_value(EVERYTHING)["access"]) == number
    assert len(access_csv(EVERYTHING).splitlines()) == number + 1
    assert access_markdown(EVERYTHING).count("| `web@dc2`") + 1 == number
