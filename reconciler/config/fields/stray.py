"""Paths of fields, held against what is known of a kind: where a path names a field that there is not.

Maps, opaque values and the keys of items are free, and so is what is below a step that is a glob.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

from reconciler.config.fields.known import Shape, shape_of
from reconciler.config.fields.lookup import plain
from reconciler.config.text.document import Step
from reconciler.sdk.dataclass import dataclass

# Lists whose items are known by a key, which may be any text.
KEYED = frozenset(
    {
        ("service-intentions", "Sources"),
        ("exported-services", "Services"),
        ("exported-services", "Services.Consumers"),
    }
)
# What is no config entry, by the type of its address: the fields of its body.
BODIES = {
    "peering": ("Acceptor", "Dialer", "Names", "Meta", "ServerExternalAddresses"),
    "acl-policy": ("Description", "Rules", "Datacenters"),
}
_LIST = "list of struct"


@dataclass(frozen=True, slots=True)
class Stray:
    """A step of a path that is no field of the struct at `inside`, whose fields are those of `shape`."""

    step: str
    inside: tuple[str, ...]
    shape: Shape


def stray_step(kind: str, path: tuple[Step, ...]) -> Stray | None:
    """Return the first step of a path that a kind has no field for; `None` where all of it may be there."""
    shape = _shape_of(kind)
    inside: tuple[str, ...] = ()
    is_list = False
    for step in path:
        if shape is None or not (shape.below or shape.item):
            return None  # one value, or one that is not looked into
        if is_list and _is_item(step, shape, (kind, ".".join(inside))):
            is_list = False
        elif shape.item is not None:
            shape = shape.item
        elif not isinstance(step, str) or _is_glob(step):
            return None if _fits(step, shape) else Stray(str(step), inside, shape)
        elif (below := _named(step, shape)) is None:
            return Stray(step, inside, shape)
        else:
            shape, inside, is_list = below, (*inside, below.name), below.type == _LIST
    return None


@cache
def _shape_of(kind: str) -> Shape | None:
    if kind not in BODIES:
        return shape_of(kind)
    return Shape(kind, below={name.lower(): Shape(name, "string") for name in BODIES[kind]})


def _is_item(step: Step, shape: Shape, place: tuple[str, str]) -> bool:
    """Say whether a step is an item of a list, and no field of its items."""
    if isinstance(step, int) or step == "*":
        return True
    return place in KEYED and _named(step, shape) is None


def _is_glob(step: str) -> bool:
    return any(sign in step for sign in "*?[")


def _fits(step: Step, shape: Shape) -> bool:
    return isinstance(step, int) or any(fnmatchcase(name.lower(), step.lower()) for name in shape.names)


def _named(step: Step, shape: Shape) -> Shape | None:
    """Return the field of a struct that a step names in any spelling."""
    found = shape.below.get(str(step).lower())
    if found is None:
        name = plain(str(step))
        found = next((below for key, below in shape.below.items() if plain(key) == name), None)
    return found if found is not None and found.type != "dropped" else None
