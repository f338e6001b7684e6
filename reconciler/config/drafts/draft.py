"""One resource that is being made out of a declaration, in the three forms that it may be declared in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import field
from typing import Any, ClassVar

from reconciler.config.fields.lookup import path_of
from reconciler.config.text.document import Place, Step
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass

Path = tuple[Step, ...]


@dataclass(slots=True)
class Draft(ABC):
    """One resource to be. `key` is where it is declared, `place` where its value is.

    `scoped`: a partition or namespace is declared in a shorthand.
    `protected_at` is the item of the section `protect` that protects it, if one does.
    `required_by` are the resources that it is made for, `sensitive` the paths of fields that are called so.
    """

    raw: ClassVar[bool] = False
    """Whether the body is written in Consul's own form."""

    address: Address
    body: dict[str, Any]
    key: Place
    place: Place
    scoped: bool = False
    shared: bool = False
    protect: bool = False
    protected_at: Place | None = None
    required_by: list[Address] = field(default_factory=list)
    sensitive: list[Path] = field(default_factory=list)

    @abstractmethod
    def place_of(self, *path: Step) -> Place:
        """Return where a part of the body is declared. `path` is its path in the body, in any letter case."""


@dataclass(slots=True)
class ShorthandDraft(Draft):
    """A resource whose body the language makes. `parts` says where parts of the body come from, by path.

    A part that is not listed is in the nearest part around it that is, else it is the whole resource.
    """

    parts: dict[Path, Place] = field(default_factory=dict)

    def place_of(self, *path: Step) -> Place:
        """Return where a part of the body comes from."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.parts:
                return self.parts[path[:length]]
        return self.key


@dataclass(slots=True)
class RawDraft(Draft):
    """A resource in Consul's own form: places inside the body are places below `place`."""

    raw: ClassVar[bool] = True

    def place_of(self, *path: Step) -> Place:
        """Return where a part of the body is, as far as it exists."""
        return self.place.inner(*path_of(self.body, *path))


@dataclass(slots=True)
class GenericDraft(Draft):
    """A resource of a type that a provider defines, its body in that provider's form.

    `type_place` is the key with its type; `depends_on` are the addresses that it names itself.
    """

    type_place: Place = field(kw_only=True)
    depends_on: list[Address] = field(default_factory=list)

    def place_of(self, *path: Step) -> Place:
        """Return where a part of the body is."""
        return self.place.inner(*path)


def parts_of(container: str, places: list[Place]) -> dict[Path, Place]:
    """Return the parts of a body that are the items of one list, each with its place."""
    return {(container, number): place for number, place in enumerate(places)}
