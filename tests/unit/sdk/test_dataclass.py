"""`reconciler.sdk.dataclass` and the standard library's do the same; ours compiles less."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any, ClassVar

import pytest

from reconciler.sdk.dataclass import dataclass
from tests.support.tables import each

MAKERS = {"standard": dataclasses.dataclass, "ours": dataclass}


def classes(maker: Any) -> tuple[Any, Any, Any]:
    """Return a frozen class, one that inherits from it, and one whose objects change."""

    @maker(frozen=True, slots=True)
    class Place:
        """A place."""

        file: str
        line: int = 0
        words: tuple[str, ...] = ()
        marks: dict[str, int] = field(default_factory=dict, compare=False, repr=False)
        kind: ClassVar[str] = "place"

    @maker(frozen=True, slots=True)
    class Named(Place):
        """A place with a name, which is given by name."""

        name: str = field(kw_only=True)
        length: int = field(init=False, default=3)

        def __repr__(self) -> str:
            return f"<{self.name}>"

    @maker(slots=True)
    class Counter:
        """A counter."""

        count: int = 0
        seen: list[int] = field(default_factory=list)
        twice: int = field(init=False)

        def __post_init__(self) -> None:
            self.twice = self.count * 2

    return Place, Named, Counter


def outcome(work: Callable[[], object]) -> object:
    """Return what a call gives, or the type of its error."""
    try:
        return work()
    except Exception as error:
        return type(error)


CASES: dict[str, Callable[[Any, Any, Any], object]] = {
    "positions": lambda place, *_: repr(place("a.yaml", 3, ("x",))),
    "names": lambda place, *_: repr(place(line=3, file="a.yaml")),
    "too few": lambda place, *_: place(),
    "too many": lambda place, *_: place("a", 1, (), {}, 5),
    "unknown name": lambda place, *_: place("a", column=1),
    "by name only": lambda _, named, __: named("a", 1, (), {}, "x"),
    "inherited": lambda _, named, __: (named("a", 2, name="x").line, named("a", name="x").length),
    "own repr": lambda _, named, __: repr(named("a", name="x")),
    "no init": lambda _, named, __: named("a", name="x", length=4),
    "equal": lambda place, *_: place("a", marks={"x": 1}) == place("a", marks={"x": 2}),
    "not equal": lambda place, *_: place("a") == place("b"),
    "another class": lambda place, named, _: place("a") == named("a", name="x"),
    "no object of ours": lambda place, *_: place("a") == ("a", 0, ()),
    "hashed": lambda place, *_: {place("a"): 1}[place("a", marks={"x": 1})],
    "hash": lambda place, *_: hash(place("a", 1)) == hash(place("a", 1)) != hash(place("a", 2)),
    "own default": lambda place, *_: place("a").marks is place("a").marks,
    "no change": lambda place, *_: setattr(place("a"), "line", 2),
    "no deletion": lambda place, *_: delattr(place("a"), "line"),
    "no dict": lambda place, *_: vars(place("a")),
    "replaced": lambda place, *_: repr(replace(place("a"), line=7)),
    "fields": lambda _, named, __: [item.name for item in fields(named)],
    "match": lambda _, named, __: named.__match_args__,
    "copied": lambda place, *_: copy.deepcopy(place("a", 1, ("x",), {"m": 1})).marks,
    "default": lambda *given: (given[2]().count, given[2](4).twice, given[2]().seen),
    "changed": lambda *given: [setattr(one := given[2](1), "count", 5), one.count],
    "changed is not hashed": lambda *given: hash(given[2]()),
    "changed is compared": lambda *given: given[2](1) == given[2](1) != given[2](2),
}


@each("case", CASES)
def test_it_does_what_the_standard_library_does(case: str) -> None:
    found = {
        name: outcome(lambda maker=maker: CASES[case](*classes(maker))) for name, maker in MAKERS.items()
    }
    assert found["ours"] == found["standard"]


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Two numbers with an order."""

    major: int
    minor: int = 0


def test_an_order_is_that_of_the_fields() -> None:
    assert sorted([Version(2), Version(1, 9), Version(1, 10)]) == [Version(1, 9), Version(1, 10), Version(2)]
    assert Version(1) <= Version(1) >= Version(1)
    assert not Version(1) < Version(1)
    assert outcome(lambda: Version(1) < (2, 0)) is TypeError
    assert max(Version(1), Version(1, 2)) > Version(1)


def test_a_frozen_object_is_pickled() -> None:
    assert pickle.loads(pickle.dumps(Version(1, 2))) == Version(1, 2)


def test_nothing_is_compiled_before_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    plain = exec

    def counted(text: str, scope: dict[str, Any]) -> None:
        compiled.append(text.partition("(")[0])
        plain(text, scope)

    monkeypatch.setattr("reconciler.sdk.dataclass.exec", counted, raising=False)
    place, _, counter = classes(dataclass)
    assert compiled == []
    assert place("a") == place("a")
    assert counter(1).count == 1
    assert compiled == ["def __init__", "def __eq__", "def __init__"]
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'line'"):
        place("a").line = 1
