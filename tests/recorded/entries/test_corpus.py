"""The corpus itself: it is large, its names are unique, and batches lose nothing."""

from __future__ import annotations

from collections import Counter

from tests.support.entries.corpus import batches, corpus
from tests.support.entries.fields import fields


def test_names_are_unique_and_there_are_many() -> None:
    names = Counter(sample.name for sample in corpus())
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) >= 240


def test_every_kind_has_several_entries() -> None:
    kinds = Counter(sample.key[0] for sample in corpus())
    made_for_the_moment = {"inline-certificate"}
    assert {kind for kind in fields() if not kinds[kind]} == made_for_the_moment
    assert all(kinds[kind] >= 10 for kind in ("service-defaults", "service-resolver", "service-intentions"))


def test_batches_hold_everything_once() -> None:
    names = [sample.name for batch in batches(corpus()) for sample in batch]
    assert sorted(names) == sorted(sample.name for sample in corpus())
