"""The language of filter expressions (`Meta.v == 1 and "a" in Tags`): what is none, and what Consul says.

The grammar is that of go-bexpr 0.1.2, which every Consul from 1.13 to 1.22 uses.
"""

from __future__ import annotations

import re
from string import ascii_letters, digits

from reconciler.emulator.filters.peg import (
    Rule,
    ahead,
    checked,
    choice,
    fails,
    literal,
    many,
    maybe,
    named,
    one_of,
    refused,
    sequence,
    some,
    unless,
)
from reconciler.emulator.wire.messages import Refusal

FAILED = "Failed to create boolean expression evaluator: "
TOO_DEEP = "brackets nest too deep to be read"
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
# What Go reads between double quotes: its escapes, and no line feed.
GO_TEXT = re.compile(
    r'"([^"\\\n]|\\[abfnrtv\\"]|\\x[0-9a-fA-F]{2}|\\[0-3][0-7]{2}'
    r"|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|\\U(000(?!0[dD][89a-fA-F])[0-9a-fA-F]|0010)[0-9a-fA-F]{4})*\""
)


def filter_refused(text: str) -> str | None:
    """Return what Consul's parser says against a filter expression; None where it is one.

    Servers try each bracket eight times over at each depth and do not come back from some twenty of them.
    """
    try:
        return refused(INPUT, text)
    except RecursionError:
        return TOO_DEEP


def nesting(text: str) -> int:
    """Return how deep the brackets of an expression are within each other; those in quotes are none."""
    depth = deepest = 0
    for letter in QUOTED.sub("", text):
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    return deepest


def require_filter(text: str) -> None:
    """Refuse a `?filter=` that is no expression, as every list does that takes one."""
    why = filter_refused(text)
    if why is not None:
        raise Refusal(500, f"{FAILED}{why}")


def not_emulated(text: str) -> Refusal:
    """Return the refusal of a filter that Consul would take and the sandbox does not apply."""
    return Refusal(501, f"this filter is not emulated: {text}")


def _word(text: str) -> Rule:
    return sequence(SPACE, literal(text), SPACE)


def _no_word(text: str) -> Rule:
    return sequence(SPACE, literal("not"), SPACE, literal(text), SPACE)


def _unquoted(text: str) -> bool:
    return text.startswith("`") or GO_TEXT.fullmatch(text) is not None


END = unless(one_of(".", ""))
SPACE = some(one_of(r"[ \t\r\n]", " \t\r\n"))
GAP = maybe(SPACE)

# Values.
RAW, DOUBLE = (many(sequence(unless(literal(mark)), one_of(".", ""))) for mark in '`"')
STRING = named(
    1,
    lambda: choice(
        checked(
            choice(sequence(literal("`"), RAW, literal("`")), sequence(literal('"'), DOUBLE, literal('"'))),
            'rule "string": invalid syntax',
            _unquoted,
        ),
        sequence(
            choice(sequence(literal("`"), RAW), sequence(literal('"'), DOUBLE)),
            END,
            fails('rule "string": Unterminated string literal'),
        ),
    ),
)
FIGURES = one_of("[0-9]", digits)
WHOLE = choice(literal("0"), sequence(one_of("[1-9]", digits[1:]), many(FIGURES)))
DECIMAL = sequence(maybe(literal("-")), WHOLE, maybe(sequence(literal("."), some(FIGURES))))
AFTER = ahead(choice(SPACE, END, literal(")")))
NUMBER = choice(
    sequence(DECIMAL, ahead(AFTER)),
    sequence(DECIMAL, unless(AFTER), fails('rule "number": Invalid number literal')),
)

# Selectors: name.name["key"].
NAME = sequence(one_of("[a-zA-Z]", ascii_letters), many(one_of("[a-zA-Z0-9_]", f"{ascii_letters}{digits}_")))
INDEX = choice(
    sequence(literal("["), GAP, STRING, GAP, literal("]")),
    sequence(literal("["), GAP, unless(STRING), fails('rule "index": Invalid index')),
    sequence(
        literal("["), GAP, STRING, GAP, unless(literal("]")), fails('rule "index": Unclosed index expression')
    ),
)
SELECTOR = named(2, lambda: sequence(NAME, many(choice(sequence(literal("."), NAME), INDEX))))
VALUE = named(3, lambda: choice(SELECTOR, NUMBER, STRING))

# Comparisons.
COMPARES = choice(
    sequence(GAP, literal("=="), GAP),
    sequence(GAP, literal("!="), GAP),
    _word("contains"),
    _no_word("contains"),
    _word("matches"),
    _no_word("matches"),
)
IS_EMPTY = choice(
    sequence(SPACE, literal("is"), SPACE, literal("empty")),
    sequence(SPACE, literal("is"), SPACE, literal("not"), SPACE, literal("empty")),
)
IS_IN = choice(_word("in"), _no_word("in"))
COMPARISON = named(
    4,
    lambda: choice(
        sequence(SELECTOR, COMPARES, VALUE),
        sequence(SELECTOR, IS_EMPTY),
        sequence(VALUE, IS_IN, SELECTOR),
        sequence(VALUE, IS_IN, unless(SELECTOR), fails('rule "match": Invalid selector')),
    ),
)

# Their combinations.
BRACKETS = named(
    5,
    lambda: choice(
        sequence(literal("("), GAP, ANY_OF, GAP, literal(")")),
        COMPARISON,
        sequence(
            literal("("),
            GAP,
            ANY_OF,
            GAP,
            unless(literal(")")),
            fails('rule "grouping": Unmatched parentheses'),
        ),
    ),
)
NEGATION: Rule = named(6, lambda: choice(sequence(literal("not"), SPACE, NEGATION), BRACKETS))
ALL_OF: Rule = named(7, lambda: choice(sequence(NEGATION, SPACE, literal("and"), SPACE, ALL_OF), NEGATION))
ANY_OF: Rule = named(8, lambda: choice(sequence(ALL_OF, SPACE, literal("or"), SPACE, ANY_OF), ALL_OF))
INPUT = choice(
    sequence(GAP, literal("("), GAP, ANY_OF, GAP, literal(")"), GAP, END),
    sequence(GAP, ANY_OF, GAP, END),
)
