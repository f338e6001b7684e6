"""Blocks: why an action of a plan is not carried out. Code decides by the kind; the text is for people."""

from __future__ import annotations

from enum import Enum

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


class BlockKind(Enum):
    """What blocks an action. The value is what JSON output carries as `blocked_kind`."""

    PROTECTED = "protected"
    """The configuration protects the object, and the action would destroy it."""
    FAILED_CHECK = "failed_check"
    """A check of the provider: these servers do not take what is declared."""
    NO_PERMISSION = "no_permission"
    """The credentials do not allow it."""
    WOULD_BE_REFUSED = "would_be_refused"
    """The servers would refuse it in any order, because of what else they hold."""
    WOULD_BREAK = "would_break"
    """The servers would take it, and something that works now would be broken after it."""
    TAKE_DOWN = "take_down_not_allowed"
    """Something would have to be taken down for a while, which `take_down` does not allow."""
    NOT_SELECTED = "not_selected"
    """It needs something that `--target` or `--exclude` leaves out."""
    CONFLICT = "conflict"
    """Something that is not managed here has its place."""
    OTHER_OWNER = "other_owner"
    """The object belongs to another configuration."""
    NOT_READY = "not_ready"
    """The object is missing or does not work, and the action needs one that works."""
    NOT_UNDOABLE = "cannot_be_undone"
    """What the state recorded at that time is not enough to go back to it."""
    POLICY = "breaks_policy"
    """A policy of the configuration forbids what it does to access."""
    OVER_LIMIT = "over_limit"
    """A limit of the operator: more of this type on this cluster than one run may destroy or change."""
    DEPENDENCY = "blocked_dependency"
    """It depends on something that is blocked."""


@dataclass(frozen=True, slots=True)
class Block:
    """What blocks an action, and a sentence that says so."""

    kind: BlockKind
    text: str

    def __str__(self) -> str:
        return self.text


def needs_blocked(cause: Address) -> Block:
    """Return the block of what depends on a blocked object."""
    return Block(BlockKind.DEPENDENCY, f"needs {cause}, which is blocked")
