"""What to do about text that is not the YAML that is read here."""

from __future__ import annotations

LIMIT_HINT = "split the file, or raise the limit under `limits` in reconciler.yaml"
ALIAS_HINT = "write the value out, or use a variable (${var.name}) or a group"
BRACES_HINT = 'quote it if it is text, as in "${var.name}"'
NULL_HINT = (
    "write the value, or remove the item: such a list can make every Consul server of a cluster exit for good"
)
SURROGATE_HINT = r"write both halves, as in \ud83d\ude80, or the character itself"
SYNTAX_HINTS = (
    ("cannot start any token", "indent with spaces, and quote text that begins with a special character"),
    ("mapping values are not allowed", 'quote text that contains ": ", and check the indentation'),
    ("could not find expected ':'", "a `key: value` line lacks its colon, or the indentation is off"),
    ("did not find expected key", "check the indentation and the commas"),
    ("did not find expected ',' or", "close the bracket, or add the missing comma"),
    ("did not find expected '-' indicator", "items of a list start in the same column, each with `- `"),
    ("unexpected end of stream", "close the quote or the bracket"),
    ("invalid Unicode character escape", r"write the character itself, or a pair, as in \ud83d\ude80"),
    ("unknown escape", "use single quotes where backslashes are meant literally"),
)
