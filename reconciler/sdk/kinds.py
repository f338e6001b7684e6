"""Kinds: what a provider declares once, as data, about each type of resource it handles.

The engine knows nothing of any server beyond these rules. They say which fields the server owns, how it
writes values back, what a list's items are known by, and in which order kinds are made and removed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from reconciler.sdk.dataclass import dataclass


class Form(Enum):
    """How the server writes a scalar back; both sides are brought to this form before they are compared."""

    TEXT_DURATION = "text-duration"  # Go text, canonical: 90s -> 1m30s
    NANOSECONDS = "nanoseconds"  # Go text or integer in, integer nanoseconds out
    UPPER = "upper"
    LOWER = "lower"
    CENTI = "centi"  # a number rounded to 0.01, as 32-bit floats round
    WEAK_TEXT = "weak-text"  # true -> "1", false -> "0", 3 -> "3"
    FLAG = "flag"  # "true", "t", "1" and numbers other than 0 -> true
    NUMBER = "number"  # "3" -> 3, true -> 1
    BYTES = "bytes"  # text in, its base64 out
    NATURAL = "natural"  # the same, and what is below zero -> 0


class Foreign(Enum):
    """What happens to an item of a keyed list that is live but neither declared nor recorded."""

    KEEP = "keep"  # it belongs to others
    REMOVE = "remove"  # the declared unit is exact


@dataclass(frozen=True, slots=True)
class KeyedBy:
    """A list whose items are known by some of their fields; order carries no meaning.

    `fields` absent from an item count as `""`. `foreign` says who owns undeclared items. A resource that
    is `shared` keeps foreign items of the lists marked `shareable`.
    """

    fields: tuple[str, ...]
    foreign: Foreign = Foreign.KEEP
    shareable: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The rules for one place in a body and, below it, for its fields, values or items.

    fields       rules of an object's named fields
    each         the rule of every value of a map, or of every item of a list; one item in a place where a
                 list is expected is a list of one, and a list of one where a single value is expected is it
    keyed        this list is keyed; without it a list is atomic (compared as a whole, order matters)
    is_map       an object with free keys: every entry counts, also an empty or zero one
    opaque       compared to the letter: nothing below is normalised
    reads        of an opaque value: makes of what is written what is compared (a text in a language of its
                 own becomes an object), and leaves alone what it made
    significant  a zero (`0`, `false`, `""`) here is a value, not absence
    form         how a scalar is written; in a list, the form of `each` counts
    server       the server owns it: never compared, never sent
    unwraps      the server turns a one-item list below an opaque map into its item
    floats       the server holds every number below an opaque map as a 64-bit float
    exclusive    groups of fields of which an entry has one: setting one drops the others of its group
    default      the value that the server shows when nothing is set
    sensitive    whether a (plain) value here is secret: it is compared and sent, and never shown or kept
    """

    fields: Mapping[str, Rule] = field(default_factory=dict)
    each: Rule | None = None
    keyed: KeyedBy | None = None
    is_map: bool = False
    opaque: bool = False
    reads: Callable[[Any], Any] | None = None
    significant: bool = False
    form: Form | None = None
    server: bool = False
    unwraps: bool = False
    floats: bool = False
    exclusive: tuple[tuple[str, ...], ...] = ()
    default: object = None
    sensitive: Callable[[Any], bool] | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """Everything that the engine may know about one type of resource.

    type         the first word of its addresses
    rank         creation order: lower first; removal goes the other way round
    rule         rules of its body, from the top
    container    name of a keyed list that several owners share: when items of others are left after ours
                 are gone, the object stays (`exported_services`: `Services`)
    replaces     top-level fields whose change can only be had by destroying and creating again
    frozen       top-level fields that the server takes only at creation: a difference is reported as a
                 note on a healthy object and never acted on unasked
    repeatable   sending the same write twice is harmless; otherwise an intent is flushed to disk first
    symmetric    `TYPE.a/b` and `TYPE.b/a` name the same object
    cluster_fields  top-level fields whose text, or whose keys, are names of clusters as the configuration has
                 them: they follow where a cluster is renamed
    folds        names that differ in letter case only name the same object
    rotates      it rests on a secret that its provider can renew while it works (`provider.Rotates`)
    mark         top-level map of texts that may carry who made the object (`Meta`)
    title        for people, singular: "service intentions"
    """

    type: str
    rank: int
    rule: Rule = field(default_factory=Rule)
    container: str | None = None
    replaces: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()
    repeatable: bool = True
    symmetric: bool = False
    folds: bool = False
    cluster_fields: frozenset[str] = frozenset()
    rotates: bool = False
    mark: str | None = None
    title: str = ""

    @property
    def is_replaceable(self) -> bool:
        """Whether a new object can have what this one cannot be given in place: else replacing it would only
        take it away for a moment (of intentions: open what they close), and bring back the same."""
        return bool(self.replaces or self.frozen or self.rotates)
