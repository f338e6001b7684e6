"""Whatever a server or a user wrote, no byte of it steers the terminal."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from reconciler.cli.run import Globals, Run
from reconciler.model.event import Failed, Outcome, Progress, Skipped, SkipReason, Started, Succeeded
from reconciler.model.failure import Cause, Failure
from reconciler.render.apply import stream
from reconciler.render.apply.log import event_line
from reconciler.render.apply.outcome import outcome_lines
from reconciler.render.diagnostics import diagnostic_lines
from reconciler.render.failure import failure_lines, surprise_lines
from reconciler.render.plan.as_json import plan_value
from reconciler.render.plan.page import plan_lines
from reconciler.render.state import head_lines, state_lines, state_value
from reconciler.render.text.lines import Span, Tone, cut, paint, width
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Denied
from tests.support import samples as s
from tests.support.tables import each

C0_DEL_C1 = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
DIRECTIONS = [
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
    "\u200e",
    "\u200f",
    "\u061c",
]
UNSEEN = ["\u200b", "\u2028", "\u2029", "\ufeff", "\u00ad"]
STEERING = [*C0_DEL_C1, *DIRECTIONS, *UNSEEN]
SGR = re.compile(r"\x1b\[[0-9;]*m")


@each("char", STEERING, ids=lambda char: f"{ord(char):04x}")
def test_a_part_is_escaped(char: str) -> None:
    for part in (f"a{char}b", Span(f"a{char}b", Tone.BAD)):
        text = paint([["x", part]])
        assert char not in text.removesuffix("\n")
        assert text.startswith("xa\\")
        assert text.endswith("b\n")


def test_readable_text_stays_as_it_is() -> None:
    for text in ("plain ascii ~", "größer ✗ │ 日本", "a\\x1b literal"):
        assert paint([[text]]) == text + "\n"


def test_colour_is_ours_alone() -> None:
    text = paint([[Span("\x1b[31mred\x1b[0m", Tone.ADD)]], colour=True)
    assert text == "\x1b[32m\\x1b[31mred\\x1b[0m\x1b[0m\n"


def test_width_counts_what_is_shown() -> None:
    assert width(["\x1b", Span("ab", Tone.ADD)]) == 6
    assert paint([cut(["\x1b\x1b", "tail"], 6)]) == "\\x1b\\…\n"


EVIL = "".join(STEERING)


def poisoned(value: Any) -> Any:
    """The value with every text in it followed by everything that steers."""
    if isinstance(value, str):
        return value + EVIL
    if isinstance(value, Address):
        return dataclasses.replace(value, name=value.name + EVIL)
    if isinstance(value, dict):
        return {poisoned(key): poisoned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(poisoned(item) for item in value)
    if isinstance(value, Denied):
        return Denied(value.message + EVIL, hint=(value.hint + EVIL))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: poisoned(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return type(value)(**fields)
    return value


PAGES: dict[str, Any] = {
    "plan": lambda: plan_lines(poisoned(s.EVERYTHING)),
    "first": lambda: plan_lines(poisoned(s.FIRST)),
    "summary": lambda: plan_lines(poisoned(s.EVERYTHING), summary=True),
    "drift": lambda: plan_lines(poisoned(s.DRIFT_ONLY)),
    "outcome": lambda: outcome_lines(poisoned(s.FIRST), poisoned(s.PARTLY)),
    "notes": lambda: outcome_lines(s.FIRST, Outcome(notes=(EVIL,))),
    "problems": lambda: [line for item in poisoned(s.PROBLEMS) for line in diagnostic_lines(item)],
    "failure": lambda: failure_lines(Failure(Cause.USAGE, EVIL, detail=EVIL, hint=EVIL)),
    "surprise": lambda: surprise_lines("X", EVIL, EVIL),
    "state": lambda: [
        *head_lines(poisoned(s.STATE)),
        *state_lines(poisoned(s.STATE), poisoned(s.STATE).resources),
    ],
    "log": lambda: [event_line(event) for event in _events()],
}


def _events() -> list[Any]:
    where, action = poisoned(s.CREATE.address), s.CREATE.action
    return [
        Started(where, action),
        Progress(where, action, EVIL, 1.0),
        Succeeded(where, action, 1.0, EVIL),
        Failed(where, action, 1.0, Denied(EVIL, hint=EVIL)),
        Skipped(where, action, SkipReason.DEPENDENCY, EVIL),
    ]


@each("page", PAGES)
@each("colour", [False, True])
def test_no_page_lets_anything_through(page: str, colour: bool) -> None:
    text = SGR.sub("", paint(PAGES[page](), colour=colour)) if colour else paint(PAGES[page]())
    assert "\\x1b" in text, "the page must show the poisoned texts at all"
    assert {char for char in STEERING if char in text} <= {"\n"}


def test_json_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run.of(Globals())
    run.json(plan_value(poisoned(s.EVERYTHING), "1"))
    run.json(state_value(poisoned(s.STATE), "1"))
    run.json_lines(stream.plan_messages(poisoned(s.EVERYTHING)))
    run.json_lines(stream.event_message(event) for event in _events())
    text = capsys.readouterr().out
    assert text.isascii()
    assert {char for char in STEERING if char in text} <= {"\n"}


def test_json_lines_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    Run.of(Globals()).json_lines(stream.event_message(event) for event in _events())
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["type"] for line in lines] == [
        "apply_start",
        "apply_progress",
        "apply_complete",
        "apply_errored",
        "apply_skipped",
    ]
