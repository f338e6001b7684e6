"""Plan: a frozen document of what will be done. It is compared before it is applied, never run blindly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import Enum

from reconciler.model.change import Action, Change, Interim
from reconciler.model.guarding.freezes import Frozen
from reconciler.model.guarding.safety import Safety
from reconciler.model.ignoring.rules import Ignored, IgnoreRule
from reconciler.model.reaching.diff import AccessDiff
from reconciler.model.reaching.policy import Finding
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.globs import matches
from reconciler.sdk.secrets.sensitive import Seal


class Mode(Enum):
    """What the plan is for."""

    NORMAL = "normal"
    DESTROY = "destroy"
    REFRESH_ONLY = "refresh-only"
    ROTATE = "rotate"


class TakeDown(Enum):
    """Which objects a plan may take down for a while to make room for other changes."""

    ALWAYS = "always"
    SAME_ACCESS = "same-access"  # only where callers reach meanwhile what they reach before or after
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SeenCluster:
    """A cluster as it was read. `problem` says why nothing is known of it (empty: it answered)."""

    name: str
    address: str
    version: str = ""
    identity: str = ""
    problem: str = ""
    hint: str = ""


UNKNOWN_DEPENDENCY = "unknown-dependency"


@dataclass(frozen=True, slots=True)
class Deferred:
    """An object that is not decided, because it, or something it needs, is unknown. `code`: the error's."""

    address: Address
    because: str
    hint: str = ""
    code: str = ""

    @property
    def is_dependent(self) -> bool:
        """Whether it is something that the object needs that is unknown."""
        return self.code == UNKNOWN_DEPENDENCY


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts as in `Plan: 1 to add, 1 to change, 0 to destroy.`; what goes whole and comes back counts as add
    and destroy, a rotation as change. `interim` are the interim steps: they count in no other number."""

    add: int = 0
    change: int = 0
    destroy: int = 0
    adopt: int = 0
    forget: int = 0
    blocked: int = 0
    deferred: int = 0
    drifted: int = 0
    destroy_adopted: int = 0
    interim: int = 0
    move: int = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user narrowed the run to, and asked of it: globs over addresses.

    `takes`: objects that are marked as another configuration's and may be taken from it all the same.
    `undo`: how many generations of the state to go back (0: to what the configuration declares).
    `no_delete`: nothing is destroyed or recreated; `only_safe`: nothing is done that takes access away.
    """

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    undo: int = 0
    no_delete: bool = False
    only_safe: bool = False

    def asks_for(self, address: Address) -> bool:
        """Say whether an object was asked for itself, and not only because a target needs it."""
        text = str(address)
        return not self.targets or any(matches(glob, text) for glob in self.targets)


@dataclass(frozen=True, slots=True)
class Undo:
    """The generation of the state that a plan goes back to: its serial, and when (UTC), by whom and by which
    operation it was saved; these are empty where that was not recorded.
    """

    serial: int
    at: str = ""
    by: str = ""
    operation: str = ""


@dataclass(frozen=True, slots=True)
class PlanVariable:
    """A value given to a variable when the plan was made.

    Of a sensitive one `value` is `None`, and `digest` its digest under the state's key, where it has one.
    """

    name: str
    value: str | None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, in order, and on what it rests.

    `changes` has every object looked at, actions first in the order of execution. `digest` (hex SHA-256)
    covers configuration, state serial, observed versions and the changes themselves; `fingerprint` is its
    beginning, for people. See `reconciler.model.plan_digest`. `variables` are the values that were given.
    `seal` is that of the state it was made on: it never leaves with the plan.

    Where drift is looked for, `looked_at` is how many recorded objects were compared, and `not_recorded` are
    the declared ones that could not be.

    `allow_delete` and `allow_change` are the numbers that were allowed, `safety` is what safety checks say.
    `frozen` is the freeze that is on when it is made, `remarks` are warnings of that moment; they are no part
    of the plan.

    `peers` are the names of peers, from all that is declared or recorded: cluster -> its name for a peer ->
    the cluster that this is. So a page names a peer alike, regardless of who answered and what was selected.

    `undo` is the generation whose resources are desired; `None` where the configuration's are.
    `moves` are the recorded objects that the configuration calls moved: the old address and the new one,
    which the rest of the plan has.
    `access` is what it does to access (`None`: that was not asked), `policies` are the paths that break a
    policy or of which that cannot be decided. `ignores` are the rules in force about what is neither reported
    nor written back.
    """

    mode: Mode
    changes: tuple[Change, ...]
    deferred: tuple[Deferred, ...] = ()
    clusters: Mapping[str, SeenCluster] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    config_digest: str = ""
    lineage: str = ""
    serial: int = 0
    requests: int = 0
    fingerprint: str = ""
    digest: str = ""
    variables: tuple[PlanVariable, ...] = ()
    looked_at: int = 0
    not_recorded: tuple[Address, ...] = ()
    allow_delete: int | None = None
    seal: Seal | None = field(default=None, compare=False, repr=False)
    peers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    undo: Undo | None = None
    moves: tuple[tuple[Address, Address], ...] = ()
    access: AccessDiff | None = None
    policies: tuple[Finding, ...] = ()
    safety: Safety = field(default_factory=Safety)
    allow_change: int | None = None
    frozen: Frozen | None = field(default=None, compare=False)
    remarks: tuple[str, ...] = ()
    ignores: tuple[IgnoreRule, ...] = ()

    @property
    def actions(self) -> tuple[Change, ...]:
        """The changes that write, in order, blocked ones included."""
        return tuple(change for change in self.changes if change.is_action)

    @property
    def drifted(self) -> tuple[Change, ...]:
        """The objects that were changed outside."""
        return tuple(change for change in self.changes if change.drift)

    @property
    def ignored(self) -> tuple[tuple[Address, Ignored], ...]:
        """What differs and is ignored, by object."""
        return tuple((change.address, item) for change in self.changes for item in change.ignored)

    @property
    def unhealthy(self) -> tuple[Change, ...]:
        """The objects that are there and do not work, with nothing to write about it."""
        return tuple(change for change in self.changes if change.unhealthy)

    @property
    def has_changes(self) -> bool:
        """Whether applying it would do anything: write, adopt into the state, or forget."""
        return self.moves_records or any(change.has_effect for change in self.changes)

    @property
    def is_applyable(self) -> bool:
        """Whether anything of it would be done: not everything is blocked."""
        free = (change for change in self.changes if not change.blocked)
        return self.moves_records or any(change.has_effect for change in free)

    @property
    def moves_records(self) -> bool:
        """Whether applying it gives recorded objects other addresses; looking for drift alone does not."""
        return bool(self.moves) and self.mode is not Mode.REFRESH_ONLY

    @property
    def held_back(self) -> str:
        """Why nothing of it may be applied; empty: it may."""
        return self.safety.held_back

    @property
    def is_over_limit(self) -> bool:
        """Whether it does more than the operator allows in one run."""
        return bool(self.safety.breaches)

    @property
    def removals(self) -> int:
        """How many recorded objects would be destroyed, without those that are recreated."""
        return sum(change.action is Action.DELETE and not change.blocked for change in self.changes)

    @property
    def asks(self) -> bool:
        """Whether it needs approval: it writes, or it records what was changed outside."""
        return self.has_changes or (self.mode is Mode.REFRESH_ONLY and bool(self.drifted))

    @property
    def breaks_policies(self) -> bool:
        """Whether a policy blocks something of it."""
        return any(found.blocks for found in self.policies)

    @property
    def decided_nothing(self) -> bool:
        """Whether something is not decided, and nothing of what was asked for is."""
        asked = any(self.selection.asks_for(change.address) for change in self.changes)
        return bool(self.deferred) and not asked and not self.has_changes

    @property
    def steps(self) -> tuple[tuple[Change, Interim | None], ...]:
        """Everything that writes, in order: each action, and before it its interim step if it has one."""
        found: list[tuple[Change, Interim | None]] = [(change, None) for change in self.actions]
        found += [(change, change.interim) for change in self.actions if change.interim is not None]
        return tuple(sorted(found, key=lambda one: (one[1] or one[0]).index)) if found else ()

    def summary(self) -> Summary:
        """Return the counts; blocked actions are counted apart, and in no other number."""
        free = [change for change in self.changes if not change.blocked]
        counts = counted(free)
        return Summary(
            add=counts.add,
            change=counts.change,
            destroy=counts.destroy,
            interim=counts.interim,
            adopt=sum(change.adopt for change in free),
            forget=sum(change.action is Action.FORGET for change in free),
            blocked=len(self.changes) - len(free),
            deferred=len(self.deferred),
            drifted=len(self.drifted),
            move=len(self.moves) if self.moves_records else 0,
            destroy_adopted=sum(change.action is Action.DELETE and change.adopted for change in free),
        )


def counted(changes: Sequence[Change]) -> Summary:
    """Return what these changes come to, in Terraform's numbers and in interim steps."""
    remade = sum(change.is_remade for change in changes)
    actions = Counter(change.action for change in changes if not change.is_remade)
    return Summary(
        add=actions[Action.CREATE] + remade,
        change=actions[Action.UPDATE] + actions[Action.ROTATE],
        destroy=actions[Action.DELETE] + remade,
        interim=sum(change.interim is not None for change in changes),
    )
