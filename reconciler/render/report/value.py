"""A report: what a run found, ready to be written in any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from reconciler.model.change import Change, Interim
from reconciler.model.verdict.value import Word
from reconciler.sdk.dataclass import dataclass

BAD = frozenset(Word) - {Word.NO_CHANGES, Word.CHANGES, Word.APPLIED, Word.VALID, Word.FRESH}
"""The words of runs that somebody has to look at."""


class Kind(Enum):
    """What a report is about; the value is its title."""

    PLAN = "plan"
    DRIFT = "drift"
    VALIDATION = "validate"
    APPLY = "apply"
    VERIFICATION = "plan --verify"


class Level(Enum):
    """How heavy a finding is, in falling order."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Said:
    """The verdict as the document has it."""

    exit_code: int
    word: Word
    text: str

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to look at it."""
        return self.word in BAD


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; `line` and `column` count from 1, 0 where they are not known."""

    file: str
    line: int = 0
    column: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Risked:
    """What an action does to access: a word (`none`, `opens`, `closes`, `breaks`), a sentence, and paths.
    `breaks` and `meanwhile`: how many paths it breaks, and takes down for a while; 0 of a blocked one.
    """

    word: str = "none"
    text: str = ""
    paths: tuple[str, ...] = ()
    breaks: int = 0
    meanwhile: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: an action, or with `interim` the interim step before it.

    `result` is how an apply did it (`applied`, `failed`, `skipped`, `unconfirmed`; empty: not done),
    `message` and `hint` why, `seconds` how long it took.
    """

    change: Change
    interim: Interim | None = None
    risk: Risked = Risked()
    place: Place | None = None
    result: str = ""
    message: str = ""
    hint: str = ""
    seconds: float = 0.0

    @property
    def index(self) -> int:
        """Its place in the order."""
        return self.interim.index if self.interim is not None else self.change.index


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that was looked at."""

    address: str
    cluster: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Drifted:
    """One difference that was found outside the configuration. `kind` is its class, `old` and `new` are texts
    (empty where there is none), `path` the field, `id` a stable digest. `is_new`: whether a baseline has it
    not (`None`: there is no baseline). `counts`: whether it counts for the exit code.
    """

    kind: str
    address: str
    cluster: str
    path: str = ""
    old: str = ""
    new: str = ""
    because: str = ""
    by: str = ""
    id: str = ""
    is_new: bool | None = None
    place: Place | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Undecided:
    """A resource that is not decided."""

    address: str
    because: str
    hint: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of the configuration, or a failure that ended the run."""

    rule: str
    level: Level
    summary: str
    detail: str = ""
    hint: str = ""
    address: str = ""
    place: Place | None = None
    related: tuple[tuple[Place, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster as it answered; `problem` says why it did not (empty: it did)."""

    name: str
    address: str = ""
    version: str = ""
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class PathLine:
    """A path that is opened, closed or changed, with what limits it or why."""

    caller: str
    to: str
    words: str = ""
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """How many paths from one cluster to another are opened, closed and changed."""

    caller: str
    to: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Access:
    """What a plan does to access; the counts are of all paths, the lists may be shorter."""

    opened: tuple[PathLine, ...] = ()
    closed: tuple[PathLine, ...] = ()
    changed: tuple[PathLine, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    pairs: tuple[Pair, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)
    risk: str = "none"


@dataclass(frozen=True, slots=True)
class Policy:
    """A path that breaks a policy, or of which that is not decided."""

    policy: str
    path: str
    because: str = ""
    reason: str = ""
    is_broken: bool = True
    blocks: bool = False
    objects: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A difference that a rule of the configuration leaves out, with the rule's reason."""

    address: str
    path: str
    reason: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found.

    `steps` are in order of execution. `counts` are those of the summary, `facts` short facts about the run
    (label and text). `resources` are all that were looked at. `sentences` are warnings, `limits` say which
    safety checks block something, and what lifts that. `unhealthy` are the addresses of what exists and does
    not work. `peers`: cluster -> its name for a peer -> the cluster that this is; `bodies` are those of
    peerings and exports.
    """

    kind: Kind
    verdict: Said
    title: str = ""
    source: str = ""
    version: str = ""
    timestamp: str = ""
    fingerprint: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    facts: tuple[tuple[str, str], ...] = ()
    steps: tuple[Step, ...] = ()
    resources: tuple[Resource, ...] = ()
    drifted: tuple[Drifted, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    problems: tuple[Problem, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    access: Access | None = None
    policies: tuple[Policy, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    limits: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    next_step: str = ""
    unhealthy: frozenset[str] = frozenset()
    peers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bodies: tuple[tuple[str, Any], ...] = ()

    @property
    def places(self) -> list[Place]:
        """The places of the resources, for what has none of its own."""
        return [one.place for one in self.resources if one.place is not None]
