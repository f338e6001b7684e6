"""The life of an object: created, read, updated, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.sdk.conformance import objects
from reconciler.sdk.conformance.running import is_applied, run
from reconciler.sdk.conformance.subject import Sample, Subject, about
from reconciler.sdk.provider import (
    Condition,
    Present,
    Provider,
)


class Lives:
    """Checks that what was written reads back, and needs no further change."""

    def test_what_is_not_there_is_absent(self, subject: Subject) -> None:
        """Absence that is known for sure is `None`, and no exception."""

        async def check() -> None:
            async with objects.opened(subject) as provider:
                for sample in subject.samples:
                    seen = await objects.look(provider, sample)
                    assert seen is None, f"{sample.address} is not there, and reads as {seen!r}"

        run(check())

    def test_what_is_created_needs_no_further_change(self, subject: Subject) -> None:
        """What was created reads back, is ready, and a plan has no change for it."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in subject.samples:
                    with about(sample.address):
                        await _converged(provider, sample, sample.body)

        run(check())

    def test_an_update_needs_no_further_change(self, subject: Subject) -> None:
        """What was updated reads back as such, and a plan has no change for it."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in subject.samples:
                    if sample.changed is not None:
                        before = await objects.present(provider, sample)
                        applied = await objects.update(provider, sample, sample.changed, before)
                        with about(sample.address):
                            is_applied(applied)
                            await _converged(provider, sample, sample.changed)

        run(check())

    def test_what_is_deleted_is_absent(self, subject: Subject) -> None:
        """What was deleted reads as `None`; deleting it again does no harm."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in reversed(subject.samples):
                    before = await objects.present(provider, sample)
                    with about(sample.address):
                        is_applied(await objects.delete(provider, sample, before))
                        seen = await objects.look(provider, sample)
                        assert seen is None, f"it was deleted, and reads as {seen!r}"

        run(check())

    def test_two_reads_are_equal(self, subject: Subject) -> None:
        """Reading changes nothing: bodies, versions and IDs are the same the second time."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                first, second = [await objects.read(provider, subject.samples) for _ in range(2)]
                for sample in subject.samples:
                    one, two = (_stable(reading.objects[sample.address]) for reading in (first, second))
                    assert one == two, f"{sample.address} reads as {one!r}, then {two!r}"

        run(check())

    def test_the_canonical_form_is_stable(self, subject: Subject) -> None:
        """The canonical form of a canonical form is itself, for what is declared and what is live."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in subject.samples:
                    seen = await objects.present(provider, sample)
                    for body in (sample.body, seen.body):
                        once = objects.declared(provider, sample.address, body)
                        twice = objects.declared(provider, sample.address, once)
                        assert once == twice, f"{sample.address}: {once!r} becomes {twice!r}"

        run(check())


async def _converged(provider: Provider, sample: Sample, body: Any) -> None:
    seen = await objects.present(provider, sample)
    assert seen.condition is Condition.READY, f"it is {seen.condition.value}: {seen.why}"
    live, target = objects.plan(provider, sample.address, body, seen)
    assert live == target, f"a second plan is not empty: it is {live!r}, and would become {target!r}"


def _stable(seen: object) -> object:
    return replace(seen, status="") if isinstance(seen, Present) else seen
