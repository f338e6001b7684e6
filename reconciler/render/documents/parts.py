"""What several documents have: the verdict, problems, field changes, addresses of resources."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

Body = dict[str, Any]
Path = list[str | int]


class Verdict(TypedDict):
    """How a run ended: the exit code, a stable word, and a sentence for people."""

    exit_code: int
    word: str
    text: str


class Place(TypedDict):
    """A line and a column, from 1."""

    line: int
    column: int


class Range(TypedDict):
    """A place in a file."""

    filename: str
    start: Place
    end: Place


class Snippet(TypedDict):
    """A line of a file."""

    code: str
    start_line: int


class Related(TypedDict):
    """Another place that belongs to a problem."""

    range: Range
    summary: str


class Diagnostic(TypedDict):
    """A problem."""

    severity: Literal["error", "warning"]
    summary: str
    detail: str
    code: str
    hint: str
    address: NotRequired[str]
    range: NotRequired[Range]
    snippet: NotRequired[Snippet]
    related: NotRequired[list[Related]]


class FieldChange(TypedDict):
    """A change of one field."""

    path: Path
    op: Literal["add", "change", "remove"]
    old: Any
    new: Any
    sensitive: NotRequired[bool]


class Interim(TypedDict):
    """An interim step."""

    index: int
    way: Literal["widen", "narrow", "take-down"]
    why: str
    meanwhile: str
    opens: bool
    cuts: bool
    after: Body | None
    after_sensitive: Any
    waits_for: list[str]
    waits_for_interim: list[str]
    fields: list[FieldChange]
