"""What became of a comment on a pull request."""

from __future__ import annotations

from enum import Enum

from reconciler.sdk.dataclass import dataclass


class Host(Enum):
    """A code host."""

    GITHUB = "github"
    GITLAB = "gitlab"


class Done(Enum):
    """What became of a comment."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Commented:
    """What was done. `shown`: which comment; `because` and `hint`: why there is none, and what to do."""

    done: Done
    shown: str = ""
    because: str = ""
    hint: str = ""
