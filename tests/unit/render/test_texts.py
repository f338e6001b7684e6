"""Long texts in plans and drift: what changes with a little around it, what is left out is counted."""

from __future__ import annotations

import random
from typing import Any

import pytest

from reconciler.model.change import FieldChange, Op
from reconciler.model.diagnostic import Diagnostic, Position, Severity
from reconciler.render.diagnostics import diagnostics_lines
from reconciler.render.plan.bodies import field_lines, whole
from reconciler.render.text.lines import paint
from reconciler.render.text.peers import Peers
from reconciler.render.text.texts import MOST
from reconciler.sdk.address import Address

SCRIPT = "".join(f"local value_{number} = header('x-{number}')\n" for number in range(200))
RANDOM = random.Random(1)


def changed(old: Any, new: Any) -> str:
    return paint(field_lines(FieldChange(("Script",), Op.CHANGE, old, new), "dc1", Peers()))


def longest(text: str) -> int:
    return max(map(len, text.splitlines()))


def test_one_word_in_a_script_of_200_lines() -> None:
    shown = changed(SCRIPT, SCRIPT.replace("value_97 ", "other_97 "))
    assert shown.splitlines() == [
        "  ~   Script: 1 line of 200 removed, 1 line added",
        "            (94 unchanged lines)",
        "            local value_94 = header('x-94')",
        "            local value_95 = header('x-95')",
        "            local value_96 = header('x-96')",
        "          - local value_97 = header('x-97')",
        "          + local other_97 = header('x-97')",
        "            local value_98 = header('x-98')",
        "            local value_99 = header('x-99')",
        "            local value_100 = header('x-100')",
        "            (99 unchanged lines)",
    ]


def test_two_changes_far_apart_each_with_its_context() -> None:
    shown = changed(SCRIPT, SCRIPT.replace("local value_5 ", "").replace("value_150 ", "value_150\n"))
    assert "  ~   Script: 2 lines of 200 removed, 3 lines added" in shown
    assert shown.count("unchanged lines)") == 3
    assert "          - local value_5 = header('x-5')\n          + = header('x-5')\n" in shown


def test_the_last_line_without_its_end() -> None:
    shown = changed(SCRIPT, SCRIPT[:-1])
    assert "          + local value_199 = header('x-199')   (no newline at the end)\n" in shown


def test_one_letter_in_a_line_of_300_000() -> None:
    shown = changed("a" * 300_000, "a" * 150_000 + "b" + "a" * 149_999)
    assert shown == (
        f'  ~   Script: "…{"a" * 81}…" -> "…{"a" * 40}b{"a" * 40}…"'
        "   (from character 150,001 on, of 300,000 and 300,000)\n"
    )


def test_one_letter_in_a_long_line_of_a_script() -> None:
    line = "x" * 5_000
    shown = changed(f"{SCRIPT}{line}y{line}\n", f"{SCRIPT}{line}z{line}\n")
    assert f"          - …{'x' * 40}y{'x' * 40}…\n          + …{'x' * 40}z{'x' * 40}…\n" in shown


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a" * 300_000, "b" * 600_000),
        ("x", "b" * 600_000),
        ([{"a": "x" * 90_000}], [{"a": "x" * 90_000 + "y"}]),
        ({"a": "x" * 90_000}, None),
        ("\n".join("x" * 9_000 for _ in range(9)), "\n".join("y" * 9_000 for _ in range(10))),
    ],
)
def test_no_line_is_long(old: Any, new: Any) -> None:
    shown = changed(old, new)
    assert longest(shown) < 900
    assert len(shown) < 20_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["" if n % 2 else "end" for n in range(20_000)], ["" if n % 3 else "end" for n in range(20_000)]),
        ([str(RANDOM.random()) for _ in range(30_000)], [str(RANDOM.random()) for _ in range(30_000)]),
        ([str(n) for n in range(3_800)], [str(n if n % 2 else -n) for n in range(3_800)]),
        (["a", "b"] * 10_000, ["b", "a"] * 10_000),
    ],
    ids=["two words", "all different", "every other", "shifted"],
)
def test_huge_texts_are_not_compared_line_by_line(
    old: list[str], new: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """difflib would take minutes for these; what lies between the common ends is shown cut instead."""
    monkeypatch.setattr("difflib.SequenceMatcher", None)
    shown = changed("\n".join(old) + "\n", "\n".join(new) + "\n")
    assert "more lines)" in shown
    assert len(shown.splitlines()) < 2 * MOST


def test_many_small_changes_are_cut_and_counted() -> None:
    old = [f"line {number}" for number in range(1_000)]
    new = [f"{line}!" if number % 20 == 0 else line for number, line in enumerate(old)]
    shown = changed("\n".join(old) + "\n", "\n".join(new) + "\n")
    assert "50 lines of 1,000 removed, 50 lines added" in shown
    assert "more changed lines)" in shown
    assert len(shown.splitlines()) == MOST + 2


def test_short_texts_are_shown_as_before() -> None:
    assert changed("a\nb", "a\nc") == '  ~   Script: "a\\nb" -> "a\\nc"\n'
    assert changed(1, "one") == '  ~   Script: 1 -> "one"\n'


def test_a_new_text_shows_how_it_begins() -> None:
    body = {"Config": {"script": SCRIPT, "line": "z" * 5_000, "flag": True}}
    shown = paint(whole(Address("proxy_defaults", "dc1", "global"), body, Peers(), Op.ADD)).splitlines()
    assert shown[0] == f"  +   Config.script = (200 lines, {len(SCRIPT):,} characters)"
    assert shown[1] == "            local value_0 = header('x-0')"
    assert shown[11] == "            (190 more lines)"
    assert shown[12].startswith('  +   Config.line   = "zzz')
    assert shown[12].endswith("more characters)")
    assert shown[13] == "  +   Config.flag   = true"


def test_many_problems_of_one_place_and_kind_are_a_few_and_a_count() -> None:
    """A policy about many paths whose cluster is not known; other kinds at that place stay apart."""
    place = Position("main.yaml", 6, 5)
    paths = [
        Diagnostic(Severity.ERROR, "policy-undecided", f"path {number}", place, "deny: a -> b")
        for number in range(100)
    ]
    other = Diagnostic(Severity.ERROR, "policy-broken", "path 7", place, "deny: a -> b")
    apart = [Diagnostic(Severity.ERROR, "unreadable", f"file {number}") for number in range(20)]
    said = paint(diagnostics_lines([*paths, other, *apart]))
    assert said.count("path ") == 9
    assert "and 92 more of main.yaml:6:5 (--json has all)   [policy-undecided]" in said
    assert "path 7   [policy-broken]" in said
    assert said.count("file ") == 20


def test_what_to_do_may_have_several_lines() -> None:
    """As the rules that a policy of ACLs lacks."""
    item = Diagnostic(Severity.WARNING, "not-checked", "dc1 was not checked", None, 'add:\n  mesh = "read"')
    assert paint(diagnostics_lines([item])).splitlines()[1:] == ["      = add:", '          mesh = "read"']
