"""Random choices that are the same for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice(random.Random):
    """A source of choices."""

    def maybe(self, chance: float) -> bool:
        """Say yes with a chance between 0 and 1."""
        return self.random() < chance

    def weighted(self, weights: Mapping[T, float]) -> T:
        """Choose a key by its weight."""
        return self.choices(list(weights), list(weights.values()))[0]

    def some(self, of: Iterable[T], least: int, most: int) -> list[T]:
        """Choose several, each once, in any order."""
        pool: Sequence[T] = list(of)
        return self.sample(pool, min(len(pool), self.randint(least, max(least, most))))
