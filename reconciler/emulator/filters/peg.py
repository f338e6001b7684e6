"""A parsing expression grammar that reports what it expected, at the place to which it came farthest.

Consul's filter expressions are read by a parser of this kind (go-bexpr 0.1.2, made by pigeon), and users
are shown its refusals. Only what is refused matters here, so that nothing is built from what matches.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

Rule = Callable[["Run", int], "int | None"]
"""Takes a position in the text, gives the one behind what matched; None where nothing does."""


@dataclass(slots=True)
class Run:
    """One text that is read: how far the reading came, what was expected there, what rules reported."""

    text: str
    farthest: int = 0
    expected: set[str] = field(default_factory=set)
    messages: dict[str, None] = field(default_factory=dict)
    inverted: bool = False
    known: dict[tuple[int, int, bool], int | None] = field(default_factory=dict)

    def tried(self, matched: bool, at: int, shown: str) -> None:
        """Keep what was expected: what did not match, and inside a negation what did."""
        if matched is not self.inverted or at < self.farthest:
            return
        if at > self.farthest:
            self.farthest = at
            self.expected.clear()
        self.expected.add(f"!{shown}" if self.inverted else shown)

    def note(self, message: str, at: int) -> None:
        """Keep what a rule says of the text."""
        self.messages.setdefault(f"{self.place(at)}: {message}")

    def place(self, at: int) -> str:
        """Return `line:column (byte)`; a line feed counts to the line that it begins, as its column 0."""
        before = self.text[: at + 1]
        column = at - before.rfind("\n")
        return f"{before.count(chr(10)) + 1}:{column} ({len(self.text[:at].encode())})"

    def refusal(self) -> str:
        """Return why the text was not taken."""
        if self.messages:
            return "\n".join(self.messages)
        names = sorted(self.expected - {"!."}, key=str.encode) + ["EOF"] * ("!." in self.expected)
        listed = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)
        return f"{self.place(self.farthest)}: no match found, expected: {listed}"


def refused(rule: Rule, text: str) -> str | None:
    """Return why `text` is not what `rule` describes from its start to its end; None where it is."""
    run = Run(text)
    matched = rule(run, 0)
    return run.refusal() if matched is None or run.messages else None


def literal(text: str) -> Rule:
    """Match exactly this text."""
    shown = json.dumps(text)

    def match(run: Run, at: int) -> int | None:
        found = run.text.startswith(text, at)
        run.tried(found, at, shown)
        return at + len(text) if found else None

    return match


def one_of(shown: str, characters: str) -> Rule:
    """Match one of these characters; `shown` is how a refusal names them. Without any: match every
    character.
    """

    def match(run: Run, at: int) -> int | None:
        found = at < len(run.text) and (not characters or run.text[at] in characters)
        run.tried(found, at, shown)
        return at + 1 if found else None

    return match


def sequence(*parts: Rule) -> Rule:
    """Match one part after the other."""

    def match(run: Run, at: int) -> int | None:
        end: int | None = at
        for part in parts:
            if end is None:
                return None
            end = part(run, end)
        return end

    return match


def choice(*parts: Rule) -> Rule:
    """Match the first part that matches."""

    def match(run: Run, at: int) -> int | None:
        return next((end for part in parts if (end := part(run, at)) is not None), None)

    return match


def maybe(part: Rule) -> Rule:
    """Match once or not at all."""
    return choice(part, lambda run, at: at)


def many(part: Rule) -> Rule:
    """Match as often as possible, perhaps never."""

    def match(run: Run, at: int) -> int | None:
        while (end := part(run, at)) is not None:
            at = end
        return at

    return match


def some(part: Rule) -> Rule:
    """Match as often as possible, at least once."""
    return sequence(part, many(part))


def ahead(part: Rule) -> Rule:
    """Match if what follows matches; consume nothing."""
    return lambda run, at: None if part(run, at) is None else at


def unless(part: Rule) -> Rule:
    """Match if what follows does not match; consume nothing."""

    def match(run: Run, at: int) -> int | None:
        run.inverted = not run.inverted
        end = part(run, at)
        run.inverted = not run.inverted
        return at if end is None else None

    return match


def fails(message: str) -> Rule:
    """Report this message and do not match."""

    def match(run: Run, at: int) -> int | None:
        run.note(message, at)
        return None

    return match


def checked(part: Rule, message: str, good: Callable[[str], bool]) -> Rule:
    """Match a part, and report its text as wrong where `good` says so; it matches all the same."""

    def match(run: Run, at: int) -> int | None:
        end = part(run, at)
        if end is not None and not good(run.text[at:end]):
            run.note(message, at)
        return end

    return match


def named(number: int, find: Callable[[], Rule]) -> Rule:
    """Match a rule that others refer to; it is tried once at each place, so that no nesting makes it slow."""

    def match(run: Run, at: int) -> int | None:
        key = (number, at, run.inverted)
        if key not in run.known:
            run.known[key] = find()(run, at)
        return run.known[key]

    return match
