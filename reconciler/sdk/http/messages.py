"""What goes through the door and comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any
from urllib.parse import quote

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Invalid
from reconciler.sdk.secrets.secret import Secret


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: `value` is its JSON (its bytes or `None` where that was asked for), `headers`
    lower-case.
    """

    status: int
    headers: Mapping[str, str]
    value: Any


@dataclass(slots=True)
class Call:
    """One call, through all its attempts. Its content may hold a secret and is never shown."""

    method: str
    path: str
    query: Mapping[str, str | int]
    content: bytes | None = field(repr=False)
    secrets: tuple[Secret | None, ...]
    expects_json: bool
    timeout: float
    looks_first: bool = False
    attempts: int = 0
    gives_secret: bool = False  # the answer is a secret by itself, and is for the caller only
    headers: Mapping[str, str] = field(default_factory=dict)  # further ones
    raw: bool = False  # the caller wants the answer's bytes
    deadline: float = 0.0  # set when the first attempt starts: time spent in the queue does not count

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def header_value(token: Secret, cluster: str) -> str:
    """Return the token's text, checked first: libraries quote a header that they cannot send."""
    value = token.reveal()
    if not (value.isascii() and value.isprintable()):
        message = f"the token for {cluster} has characters that no header can carry"
        raise Invalid(message, cluster=cluster, hint="check where the token comes from")
    return value


def segment(text: str) -> str:
    """Return text as one segment of a path. Plain dots would be steps within the path, encoded ones are a
    name.

    >>> segment("a/b"), segment("..")
    ('a%2Fb', '%2E%2E')
    """
    return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")
