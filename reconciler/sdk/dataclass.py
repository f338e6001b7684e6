"""`dataclass`, as the standard library's, with methods that are compiled when they are first called.

The standard library compiles up to six methods of each class while its module is imported: 0.7 ms a class, a
seventh of an empty plan of 1 000 resources. Few classes of a run are compared, hashed or shown, and many have
no object. `field`, `fields`, `replace` and `match` work as they do with the standard library's. Fields that
are `InitVar` are not supported.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator
from reprlib import recursive_repr
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass"]

T = TypeVar("T")
Method = Callable[..., Any]

_SIGNS = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        *, frozen: bool = False, slots: bool = False, order: bool = False
    ) -> Callable[[type[T]], type[T]]:
        """Return a decorator that makes a class a dataclass: comparable, and hashable if `frozen`."""

        def made(plain: type[T]) -> type[T]:
            own = vars(plain)
            plain.__doc__ = (
                plain.__doc__ or plain.__name__
            )  # else the standard library inspects a signature for it
            cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(plain)
            methods = _methods(cls, frozen) | (_FROZEN if frozen else {}) | (_ordered(cls) if order else {})
            for name, method in methods.items():
                if own.get(name) is None:  # so is a __hash__ that Python takes away where __eq__ is defined
                    setattr(cls, name, method)
            return cls

        return made


def _methods(cls: Any, frozen: bool) -> dict[str, Method | None]:
    """Return the methods of every dataclass."""
    return {
        "__init__": _on_demand(cls, "__init__", lambda: _init(cls, frozen)),
        "__eq__": _on_demand(cls, "__eq__", lambda: _comparison(cls, "__eq__", "==")),
        "__hash__": _on_demand(cls, "__hash__", lambda: _hash(cls)) if frozen else None,
        "__repr__": _repr,
    }


def _ordered(cls: Any) -> dict[str, Method]:
    """Return the methods of a dataclass with an order."""

    def comparing(name: str, sign: str) -> Method:
        return _on_demand(cls, name, lambda: _comparison(cls, name, sign))

    return {name: comparing(name, sign) for name, sign in _SIGNS.items()}


def _on_demand(cls: Any, name: str, compiled: Callable[[], Method]) -> Method:
    """Return a method that puts the compiled one in its own place when it is first called."""

    def method(self: Any, *args: Any, **given: Any) -> Any:
        setattr(cls, name, compiled())
        return getattr(cls, name)(self, *args, **given)

    return method


def _compile(cls: Any, name: str, parameters: str, lines: Iterable[str], **scope: Any) -> Method:
    """Return a method of a class: the text of its body, with the names that it uses."""
    text = f"def {name}({parameters}):\n  " + "\n  ".join(lines)
    exec(text, scope)  # noqa: S102 - made of the names of fields
    method: Method = scope[name]
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    return method


def _init(cls: Any, frozen: bool) -> Method:
    items = dataclasses.fields(cls)
    scope: dict[str, Any] = {"_absent": dataclasses.MISSING, "_set": object.__setattr__}
    scope |= {f"_of_{item.name}": item.default for item in items}
    scope |= {f"_new_{item.name}": item.default_factory for item in items}
    slots = _slots(cls) if frozen else {}
    scope |= {f"_set_{name}": slot.__set__ for name, slot in slots.items()}
    named = [_parameter(item) for item in items if item.init and item.kw_only]
    parameters = [_parameter(item) for item in items if item.init and not item.kw_only]
    words = ", ".join(["self", *parameters, *(["*", *named] if named else [])])
    lines = [line for item in items for line in _lines(item, frozen, slots)]
    lines += ["self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    return _compile(cls, "__init__", words, lines or ["pass"], **scope)


def _slots(cls: Any) -> dict[str, MemberDescriptorType]:
    """Return the slots of a class, which take a value in less time than `object.__setattr__` does."""
    found = ((item.name, getattr(cls, item.name, None)) for item in dataclasses.fields(cls))
    return {name: slot for name, slot in found if isinstance(slot, MemberDescriptorType)}


def _parameter(item: dataclasses.Field[Any]) -> str:
    if item.default_factory is not dataclasses.MISSING:
        return f"{item.name}=_absent"
    return item.name if item.default is dataclasses.MISSING else f"{item.name}=_of_{item.name}"


def _lines(item: dataclasses.Field[Any], frozen: bool, slots: Collection[str]) -> Iterator[str]:
    """Return the line of `__init__` that gives a field its value; none where only `__post_init__` does."""
    name, value = item.name, item.name if item.init else f"_of_{item.name}"
    if item.default_factory is not dataclasses.MISSING:
        value = f"_new_{name}() if {name} is _absent else {name}" if item.init else f"_new_{name}()"
    elif not item.init and item.default is dataclasses.MISSING:
        return
    if name in slots:
        yield f"_set_{name}(self, {value})"
    else:
        yield f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}"


def _comparison(cls: Any, name: str, sign: str) -> Method:
    """Return a method that compares with an object of the same class."""
    values = f"{_values(cls, 'self')} {sign} {_values(cls, 'other')}"
    line = f"return {values} if other.__class__ is self.__class__ else NotImplemented"
    return _compile(cls, name, "self, other", [line])


def _hash(cls: Any) -> Method:
    return _compile(cls, "__hash__", "self", [f"return hash({_values(cls, 'self')})"])


def _values(cls: Any, name: str) -> str:
    """Return the text of a tuple of the values that count in comparisons."""
    return "(" + "".join(f"{name}.{item.name}, " for item in dataclasses.fields(cls) if item.compare) + ")"


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{item.name}={getattr(self, item.name)!r}" for item in dataclasses.fields(self) if item.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: Any, name: str, *value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, item.name) for item in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for item, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, item.name, value)


# `copy` and `pickle` use the last two: they cannot set attributes either.
_FROZEN: dict[str, Method] = {
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _state,
    "__setstate__": _set_state,
}
