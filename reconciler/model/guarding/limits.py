"""Limits: how much of what is recorded one run may destroy or change."""

from __future__ import annotations

from enum import Enum

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.globs import matches

MIN_OBJECTS = 10  # objects below which a share does not count, where the limit does not say


class Measure(Enum):
    """What a limit counts. The value is its key in `reconciler.yaml`."""

    DELETE = "max_delete"
    """Objects that are destroyed, those included that are recreated."""
    CHANGE = "max_change"
    """Objects that are updated in place."""

    @property
    def flag(self) -> str:
        """The option that lifts it for one run, with the exact number."""
        return "--allow-delete" if self is Measure.DELETE else "--allow-change"

    @property
    def verb(self) -> str:
        """What happens to the objects that it counts."""
        return "destroyed" if self is Measure.DELETE else "changed"


@dataclass(frozen=True, slots=True)
class Most:
    """At most so many objects, or so many percent of them. One of the two is given.

    >>> Most(percent=30).of(20), Most(percent=30).of(9), str(Most(number=4))
    (6, 2, '4')
    """

    number: int | None = None
    percent: float | None = None

    def of(self, objects: int) -> int:
        """Return how many of so many objects are allowed."""
        if self.number is not None:
            return self.number
        return int(objects * (self.percent or 0) / 100 + 1e-9)

    def __str__(self) -> str:
        return str(self.number) if self.number is not None else f"{self.percent:g}%"


@dataclass(frozen=True, slots=True)
class Limit:
    """An entry of `safety.limits`: for each cluster and each type that its globs match, alone.

    `min_objects` is the number of objects from which a share counts; a number of objects always counts.
    """

    clusters: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    max_delete: Most | None = None
    max_change: Most | None = None
    min_objects: int = MIN_OBJECTS

    def most(self, measure: Measure) -> Most | None:
        """Return what it allows of a measure; `None` where it does not say."""
        return self.max_delete if measure is Measure.DELETE else self.max_change

    def is_for(self, cluster: str, type_: str) -> bool:
        """Say whether it is about the objects of this type on this cluster."""
        return _any(self.clusters, cluster) and _any(self.types, type_)


def _any(globs: tuple[str, ...], text: str) -> bool:
    return not globs or any(matches(glob, text) for glob in globs)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What `--allow-delete` and `--allow-change` say: the exact numbers of the whole plan."""

    delete: int | None = None
    change: int | None = None

    def of(self, measure: Measure) -> int | None:
        """Return the number given for a measure."""
        return self.delete if measure is Measure.DELETE else self.change


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that a plan does not keep: `counted` of `of` objects, where `most` are allowed.

    `cluster` and `type` are empty where everything that is recorded is counted together: then nothing of the
    plan is carried out. `number` is what the option that lifts it has to say, `said` what it says.
    """

    measure: Measure
    counted: int
    of: int
    most: Most
    number: int
    addresses: tuple[Address, ...] = ()
    cluster: str = ""
    type: str = ""
    said: int | None = None

    @property
    def is_of_everything(self) -> bool:
        """Whether it is about the whole state."""
        return not self.cluster

    @property
    def flag(self) -> str:
        """The option that lifts it: `--allow-delete 12`."""
        return f"{self.measure.flag} {self.number}"

    @property
    def short(self) -> str:
        """The sentence that each of the blocked actions has."""
        what = f"{self.counted} of {self.of} {self.type} on {self.cluster}"
        return f"over the limit: {what}, {self.measure.value} is {self.most}; {self.flag} allows it once"

    def __str__(self) -> str:
        """Return `12 of 20 service_intentions on dc1 would be destroyed; max_delete is 30% (6 of them)`."""
        said = f", and {self.measure.flag} says {self.said}" if self.said is not None else ""
        if self.is_of_everything:
            return f"{self.counted} of {self.of} recorded resources would be {self.measure.verb}{said}"
        share = f" ({self.most.of(self.of)})" if self.most.percent is not None else ""
        what = f"{self.counted} of {self.of} {self.type} on {self.cluster} would be {self.measure.verb}"
        return f"{what}; {self.measure.value} is {self.most}{share}{said}"
