"""A JSON value that was read from a file: what is missing, or of another type, is empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Node:
    """One JSON value. No method raises: a document may come from another version, or from anywhere."""

    __slots__ = ("raw",)

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def __getitem__(self, name: str) -> Node:
        return Node(self.raw.get(name) if isinstance(self.raw, Mapping) else None)

    def __iter__(self) -> Iterator[Node]:
        yield from map(Node, self.raw if isinstance(self.raw, list) else ())

    @property
    def text(self) -> str:
        """A text; empty where it is none."""
        return self.raw if isinstance(self.raw, str) else ""

    @property
    def number(self) -> int:
        """A whole number; 0 where it is none."""
        return self.raw if isinstance(self.raw, int) and not isinstance(self.raw, bool) else 0

    @property
    def amount(self) -> float:
        """A number; 0 where it is none."""
        is_number = isinstance(self.raw, int | float) and not isinstance(self.raw, bool)
        return float(self.raw) if is_number else 0.0

    @property
    def flag(self) -> bool:
        """Whether it is true."""
        return self.raw is True

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of a list."""
        return tuple(item.text for item in self if item.text)

    @property
    def named(self) -> dict[str, Node]:
        """The values of an object, by name."""
        found = self.raw if isinstance(self.raw, Mapping) else {}
        return {str(name): Node(value) for name, value in found.items()}

    @property
    def body(self) -> Mapping[str, Any] | None:
        """An object as it is; `None` where it is none."""
        return self.raw if isinstance(self.raw, Mapping) else None
