"""Comments as this program sees them, on any host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that exists. `shown` is its address, or its number."""

    id: str
    body: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A comment that was written: its address, or its number."""

    shown: str


class Comments(Protocol):
    """The comments of one pull request or merge request."""

    def own(self) -> Iterator[Comment]:
        """Return the comments that the token's account wrote, oldest first."""

    def create(self, body: str) -> Written:
        """Write a new comment."""

    def update(self, comment: Comment, body: str) -> Written:
        """Replace the text of a comment."""
