"""What a look for drift found, and what of it counts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from reconciler.model.drifting.item import DriftItem
from reconciler.model.failure import ExitCode
from reconciler.model.ignoring.classes import COUNTED, DriftClass
from reconciler.model.ignoring.rules import Ignored, IgnoreRule, ignored_by, ignoring
from reconciler.model.plan import Plan
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """An item of a baseline: its class, its address as text, and the digest of its new value."""

    kind: str
    address: str
    value_digest: str


@dataclass(frozen=True, slots=True)
class DriftChoice:
    """What the user asked about drift.

    `only` are the classes that are shown (empty: all), `fail_on` those that count for the exit code (`None`:
    those of `only`, else the usual ones). `unmanaged` asks for objects beside ours, `effective` for what is
    declared and has no effect. `baseline` are the items of an earlier run, by their IDs (`None`: there is no
    baseline).
    """

    only: frozenset[DriftClass] = frozenset()
    fail_on: frozenset[DriftClass] | None = None
    unmanaged: bool = False
    effective: bool = False
    baseline: Mapping[str, Known] | None = None

    def looks_for(self, kind: str) -> bool:
        """Say whether a class is looked for and shown."""
        shown = not self.only or kind in {one.value for one in self.only}
        extra = next(
            (one for one in (DriftClass.OBJECT, DriftClass.NOT_EFFECTIVE) if one.value == kind), None
        )
        return shown and (extra is None or self.asks_for(extra))

    def asks_for(self, kind: DriftClass) -> bool:
        """Say whether a class was named, so that looking for it is worth requests of its own."""
        asked = self.unmanaged if kind is DriftClass.OBJECT else self.effective
        return asked or kind in self.only or kind in (self.fail_on or ())

    @property
    def is_usual(self) -> bool:
        """Whether all classes are shown, and the usual ones count."""
        return self.baseline is None and not self.only and self.fail_on is None

    def counts(self, item: DriftItem) -> bool:
        """Say whether an item counts for the exit code."""
        classes = self.only or COUNTED if self.fail_on is None else self.fail_on
        return item.kind in classes and item.is_new is not False


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The items that are shown, the worst class first, and how many more there are.

    `known` is how many of them were in the baseline and are not shown, `gone` how many of the baseline are
    no more. `decided_nothing`: nothing of what was asked for could be read; `undecided`: something could not.
    `ignored` is what was found besides and is ignored by a rule.
    """

    items: tuple[DriftItem, ...] = ()
    choice: DriftChoice = field(default_factory=DriftChoice)
    known: int = 0
    gone: int = 0
    undecided: bool = False
    decided_nothing: bool = False
    ignored: tuple[tuple[Address, Ignored], ...] = ()

    @property
    def counts(self) -> dict[DriftClass, int]:
        """How many items each class has, in the order of classes; those without any are left out."""
        found = Counter(item.kind for item in self.items)
        return {kind: found[kind] for kind in DriftClass if found[kind]}

    @property
    def counted(self) -> int:
        """How many items count for the exit code."""
        return sum(self.choice.counts(item) for item in self.items)


def reported(items: Iterable[DriftItem], choice: DriftChoice, plan: Plan) -> DriftReport:
    """Return the items of a choice: of the classes that it asks for, and those that are not in its
    baseline.
    """
    every = list(items)
    found, ignored = _without_ignored(every, plan.ignores)
    asked = [item for item in found if not choice.only or item.kind in choice.only]
    undecided, nothing = bool(plan.deferred), plan.decided_nothing
    report = DriftReport(tuple(asked), choice, 0, 0, undecided, nothing, ignored)
    if choice.baseline is None:
        return report
    before = choice.baseline
    new = [replace(item, is_new=True) for item in asked if not _is_known(item, before)]
    unknown = {str(item.address) for item in plan.deferred}
    now = {item.id for item in every}
    gone = [one for id_, one in before.items() if id_ not in now and one.address not in unknown]
    gone = [one for one in gone if choice.looks_for(one.kind)]
    return replace(report, items=tuple(new), known=len(asked) - len(new), gone=len(gone))


def _is_known(item: DriftItem, before: Mapping[str, Known]) -> bool:
    known = before.get(item.id)
    return known is not None and known.value_digest == item.value_digest


def _without_ignored(
    items: Iterable[DriftItem], rules: Sequence[IgnoreRule]
) -> tuple[list[DriftItem], tuple[tuple[Address, Ignored], ...]]:
    """Return the items that no rule ignores whole, and what rules ignore."""
    kept: list[DriftItem] = []
    ignored: list[tuple[Address, Ignored]] = []
    for item in items:
        rule = ignoring(rules, item.address, item.kind)
        if rule is None:
            kept.append(item)
        else:
            ignored.append((item.address, ignored_by(rule, item.kind, item.path)))
    return kept, tuple(ignored)


def drift_code(report: DriftReport) -> ExitCode:
    """Return the exit code of a look for drift: 2 where something that counts was found, else 1 where
    something that counts could be hidden by what was not read, else 0.

    Where the user says what counts, what is not decided counts as said: as 2, or not at all. Where nothing
    could be decided it is always 1.
    """
    if report.counted:
        return ExitCode.CHANGES
    if report.decided_nothing:
        return ExitCode.ERROR
    return ExitCode.ERROR if report.undecided and report.choice.fail_on is None else ExitCode.OK
