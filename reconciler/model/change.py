"""Changes: what is to be done to one object, and why.

| action    | before          | after            | meaning                                                |
|-----------|-----------------|------------------|--------------------------------------------------------|
| create    | None or remains | body             | absent, or half-made and resumed                       |
| update    | live body       | body             | present and different                                  |
| delete    | live body       | None             | no longer declared, nothing of others in it            |
| delete    | live body       | what others own  | our part of a shared object is given up                |
| replace   | live body       | body             | destroyed, waited for, created; with an interim step   |
|           |                 |                  | that takes it down, other changes go in between        |
| rotate    | live body       | same             | its secret is renewed while it works                   |
| no-op     | live body       | same             | nothing to do (it may still be adopted into the state) |
| forget    | None or live    | None             | only the record goes                                   |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from reconciler.model.block import Block, BlockKind
from reconciler.model.diagnostic import Position
from reconciler.model.ignoring.rules import Ignored, Path
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import Way
from reconciler.sdk.provider import Contacts


class Action(Enum):
    """What is done."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    ROTATE = "rotate"
    NO_OP = "no-op"
    FORGET = "forget"


class Reason(Enum):
    """Why. The value is what JSON output carries as `action_reason`."""

    DECLARED = "declared_in_configuration"
    DELETED_OUTSIDE = "recreate_because_deleted_outside"
    RESUME = "resume_because_incomplete"
    CHANGED = "changed_in_configuration"
    DRIFTED = "changed_outside"
    CHANGED_AND_DRIFTED = "changed_in_configuration_and_outside"
    ADOPT = "adopt_existing"
    NO_CONFIG = "delete_because_no_resource_config"
    DESTROY = "delete_by_request"
    NOT_NEEDED = "delete_because_no_longer_required"
    CANNOT_UPDATE = "replace_because_cannot_update"
    BROKEN = "replace_because_broken"
    BY_REQUEST = "replace_by_request"
    ROTATION = "rotate_by_request"
    LEAVING = "create_after_removal_finishes"
    ALREADY_GONE = "forget_because_already_gone"
    REMOVED = "forget_because_removed_in_configuration"
    TAKEN_DOWN = "replace_because_taken_down"
    UNDO = "undo_by_request"
    MARKED = "mark_by_request"
    TAKEN = "take_by_request"
    NONE = ""


class Op(Enum):
    """How one field changes."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One leaf (or one whole added or removed branch). Keyed list items appear under their key's text.

    `path` is from the top of the body: `("Sources", "web@dc2", "Action")`.
    """

    path: tuple[str | int, ...]
    op: Op
    old: Any = None
    new: Any = None
    forces_replacement: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """What was changed outside since the object was recorded, on what we own. False where nothing was.

    `fields` go from what was recorded to what is live. `deleted` and `broken` (a sentence): the whole object
    went, or stopped working. `stays`: recording the object as it is would not end the drift.
    """

    fields: tuple[FieldChange, ...] = ()
    deleted: bool = False
    broken: str = ""
    stays: bool = False

    def __bool__(self) -> bool:
        return bool(self.fields or self.deleted or self.broken)


@dataclass(frozen=True, slots=True)
class Interim:
    """An interim step, done before an object's own change, because no order of changes alone is taken.

    `after` is the whole body until the change itself is done (`None`: the object is away until then), `owned`
    our part of it, which the state records meanwhile, `was` our part of what was there before (`None`: it was
    not recorded). `fields` go from the change's `before` to `after`.
    `why` names what it makes room for; `meanwhile` says in a sentence what it does to traffic (empty:
    nothing); `opens` and `cuts`, whether callers reach more, or less, until the change itself is done.
    `index` is its own place in the order.
    """

    way: Way
    index: int = 0
    after: Mapping[str, Any] | None = None
    owned: Mapping[str, Any] | None = None
    fields: tuple[FieldChange, ...] = ()
    why: str = ""
    meanwhile: str = ""
    opens: bool = False
    cuts: bool = False
    waits_for: tuple[Address, ...] = ()
    waits_for_interim: tuple[Address, ...] = ()
    was: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One object's part of a plan.

    `before` and `after` are canonical bodies. `owned` is our part of `after`, which the state will record.
    `fields` go from `before` to `after`. `unhealthy` (a sentence) says that nothing is to be written, and the
    object does not work: a link is down.
    `unmanaged` are the paths of what is live, foreign and left alone, `additions` those parts with their
    values where they are neither recorded nor declared. `blocked` is why it is not done
    (`None`: it is). `adopt`: the object exists and is not recorded; it is from now on, with any action.
    `adopted`: others created the object; `marked_by`: another configuration's mark.
    `notes` are sentences for the reader. `depends_on` are its references, `waits_for` the actions that go
    before it, `index` its place in the order (from 1; 0: not an action). `interim` is an interim step that
    goes before the change itself; of `waits_for_interim` only those steps must be done. `protected_at` is
    where the section `protect` names the object. `ignores` are the paths of what is never written back, and
    `ignored` what differs there. `contacts` are the last ones of a link's ends as they were read: they
    differ from run to run, and are in no plan file.
    """

    address: Address
    action: Action
    reason: Reason = Reason.NONE
    why: str = ""
    provider: str = field(kw_only=True)
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    owned: Mapping[str, Any] | None = None
    fields: tuple[FieldChange, ...] = ()
    drift: Drift = Drift()
    unhealthy: str = ""
    unmanaged: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    blocked: Block | None = None
    adopt: bool = False
    adopted: bool = False
    marked_by: str = ""
    observed_version: int | None = None
    remote_ids: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[Address, ...] = ()
    waits_for: tuple[Address, ...] = ()
    required_by: tuple[Address, ...] = ()
    shared: bool = False
    protect: bool = False
    origin: Position | None = None
    index: int = 0
    interim: Interim | None = None
    waits_for_interim: tuple[Address, ...] = ()
    protected_at: Position | None = None
    additions: tuple[FieldChange, ...] = ()
    ignores: tuple[Path, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    contacts: Contacts = field(default_factory=dict, compare=False)

    @property
    def blocked_at(self) -> Position | None:
        """Where the configuration says what blocks the action; `None` where nothing in it does."""
        kind = self.blocked.kind if self.blocked else None
        if kind is BlockKind.PROTECTED:
            return self.protected_at or self.origin
        return self.origin if kind is BlockKind.FAILED_CHECK else None

    @property
    def is_action(self) -> bool:
        """Whether it writes to a cluster."""
        return self.action not in (Action.NO_OP, Action.FORGET)

    @property
    def has_effect(self) -> bool:
        """Whether applying it does anything: writes, adopts the object into the state, or forgets it."""
        return self.action is not Action.NO_OP or self.adopt

    @property
    def is_remade(self) -> bool:
        """Whether the object goes whole and comes back, be it with other changes in between."""
        away = self.interim is not None and self.interim.after is None
        return self.action is Action.REPLACE or (away and self.before is not None and self.after is not None)
