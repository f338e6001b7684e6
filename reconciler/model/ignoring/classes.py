"""Classes of differences: what a difference means."""

from __future__ import annotations

from enum import Enum


class DriftClass(Enum):
    """What a difference means. The value is the word for it on the command line and in JSON."""

    CHANGED = "changed"  # a part of ours is not as it was applied: apply changes it back
    REMOVED = "removed"  # the whole object is gone
    UNHEALTHY = "unhealthy"  # it exists and does not work: a link is down, or was ended by the other side
    NOT_EFFECTIVE = "not-effective"  # it is as declared, and has no effect
    ADDITION = "unmanaged-addition"  # others added a part to an object of ours: apply leaves it there
    OBJECT = "unmanaged-object"  # an object beside ours that nothing declares or records
    UNDECIDED = "undecided"  # it could not be read, or something that it needs could not


COUNTED = (DriftClass.CHANGED, DriftClass.REMOVED, DriftClass.UNHEALTHY)
"""The classes that count for the exit code by default."""
