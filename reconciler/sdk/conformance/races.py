"""Writes that come too late, or twice, and what belongs to the caller."""

from __future__ import annotations

import copy
from dataclasses import replace

from reconciler.sdk.conformance import objects
from reconciler.sdk.conformance.running import error_of, run
from reconciler.sdk.conformance.subject import Subject, about
from reconciler.sdk.errors import Conflict


class Races:
    """Checks that nothing is overwritten unseen."""

    def test_deleting_what_is_gone_is_harmless(self, subject: Subject) -> None:
        """Deleting an object that is already deleted succeeds, or is a `Conflict`: the engine then reads
        again.
        """

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in reversed(subject.samples):
                    before = await objects.present(provider, sample)
                    await objects.delete(provider, sample, before)
                    error = await error_of(objects.delete(provider, sample, before))
                    assert error is None or isinstance(error, Conflict), (
                        f"{sample.address}: deleting it again raises {error!r}"
                    )

        run(check())

    def test_creating_never_overwrites(self, subject: Subject) -> None:
        """An object that was created meanwhile stays as it is: creating it is a `Conflict`."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in (sample for sample in subject.samples if sample.changed is not None):
                    was = await objects.present(provider, sample)
                    other = replace(sample, body=sample.changed or {})
                    error = await error_of(objects.create(provider, other))
                    with about(sample.address):
                        assert isinstance(error, Conflict), f"creating it again gives {error!r}"
                        now = await objects.present(provider, sample)
                        assert now.body == was.body, f"it was {was.body!r}, and is {now.body!r}"

        run(check())

    def test_an_outdated_update_is_a_conflict(self, subject: Subject) -> None:
        """A write on what is no longer there as it was read changes nothing."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in (sample for sample in subject.samples if sample.changed is not None):
                    old = await objects.present(provider, sample)
                    await objects.update(provider, sample, sample.changed or {}, old)
                    now = await objects.present(provider, sample)
                    error = await error_of(objects.update(provider, sample, sample.body, old))
                    with about(sample.address):
                        assert isinstance(error, Conflict), f"an outdated update gives {error!r}"
                        assert (await objects.present(provider, sample)).body == now.body, "it was written"

        run(check())

    def test_what_is_given_stays_as_it_is(self, subject: Subject) -> None:
        """Bodies of samples belong to the caller: neither reading nor writing changes them."""
        before = copy.deepcopy([(sample.body, sample.changed) for sample in subject.samples])

        async def check() -> None:
            async with objects.made(subject) as provider:
                await objects.read(provider, subject.samples)

        run(check())
        after = [(sample.body, sample.changed) for sample in subject.samples]
        assert before == after, "a body that was given to the provider was changed"
