"""The checks. Plain `assert` in plain methods: pytest is needed to run them, and no plugin of pytest."""

from __future__ import annotations

import asyncio
import copy
import unittest
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from reconciler.sdk.conformance import objects
from reconciler.sdk.conformance.sensitive import SensitiveChecks
from reconciler.sdk.conformance.subject import Sample, Subject, about
from reconciler.sdk.errors import Ambiguous, Conflict, NotSent, ProviderError, Refused, TimedOut
from reconciler.sdk.provider import (
    Applied,
    ClusterInfo,
    Condition,
    Counts,
    Present,
    Provider,
    Unknown,
)
from reconciler.sdk.schemas import RESERVED, description
from reconciler.sdk.secrets.secret import Secret

AGAIN = (NotSent, Refused, Ambiguous, TimedOut)
"""The errors after which a call may be repeated."""
_TOKEN = "conformance-5d1c2f90-token"  # noqa: S105 - to be searched for


class ProviderConformance(SensitiveChecks):
    """Subclass this as `TestSomething`, with a fixture `subject` that returns a new `Subject`."""

    def test_it_is_a_provider(self, subject: Subject) -> None:
        """The four methods are there."""
        provider = subject.factory(subject.clusters, subject.settings)
        assert isinstance(provider, Provider), "a provider has kind_of, read, perform and close"
        _run(provider.close())

    def test_types_have_kinds_of_their_name(self, subject: Subject) -> None:
        """`kind_of` gives the rules of the type asked for, and `None` for a type that there is not."""
        provider = subject.factory({}, subject.settings)
        for sample in subject.samples:
            kind = objects.kind_of(provider, sample.address)
            assert kind.type == sample.address.type, f"kind_of({sample.address.type!r}) is of {kind.type!r}"
        assert provider.kind_of(subject.unknown_type) is None, "a type that there is not has no kind: None"
        _run(provider.close())

    def test_schemas_take_the_samples(self, subject: Subject) -> None:
        """Every described type has a kind, no reserved field, and a form that the samples have."""
        known = description(subject.factory).schemas
        if known is None:
            raise unittest.SkipTest("the factory has no `schemas`")
        provider = subject.factory({}, subject.settings)
        for type_, schema in known.items():
            assert provider.kind_of(type_) is not None, f"{type_} has a schema and no kind"
            taken = set(RESERVED) & set(schema.model.model_fields)
            assert not taken, f"{type_}: {', '.join(sorted(taken))} belongs to the language"
        for sample in subject.samples:
            assert sample.address.type in known, f"{sample.address.type} has a kind and no schema"
            for body in filter(None, (sample.body, sample.changed)):
                known[sample.address.type].model.model_validate(dict(body))
        _run(provider.close())

    def test_a_cluster_says_who_it_is(self, subject: Subject) -> None:
        """A read identifies each cluster, the same each time, and no two are the same."""

        async def check() -> None:
            async with objects.opened(subject) as provider:
                readings = [await objects.read(provider, subject.samples) for _ in range(2)]
            used = {sample.address.cluster for sample in subject.samples}
            for name in used:
                infos = [reading.clusters.get(name) for reading in readings]
                assert isinstance(infos[0], ClusterInfo), f"the cluster {name} reads as {infos[0]!r}"
                first, second = (info.identity for info in infos if isinstance(info, ClusterInfo))
                assert first, f"{name} has no identity"
                assert first == second, f"the identity of {name} is {first!r}, then {second!r}"
            seen = [info.identity for info in readings[0].clusters.values() if isinstance(info, ClusterInfo)]
            assert len(seen) == len(set(seen)), "two clusters have the same identity"

        _run(check())

    def test_what_is_not_there_is_absent(self, subject: Subject) -> None:
        """Absence that is known for sure is `None`, and no exception."""

        async def check() -> None:
            async with objects.opened(subject) as provider:
                for sample in subject.samples:
                    seen = await objects.look(provider, sample)
                    assert seen is None, f"{sample.address} is not there, and reads as {seen!r}"

        _run(check())

    def test_what_is_created_needs_no_further_change(self, subject: Subject) -> None:
        """What was created reads back, is ready, and a plan has no change for it."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in subject.samples:
                    with about(sample.address):
                        await _converged(provider, sample, sample.body)

        _run(check())

    def test_an_update_needs_no_further_change(self, subject: Subject) -> None:
        """What was updated reads back as such, and a plan has no change for it."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in subject.samples:
                    if sample.changed is not None:
                        before = await objects.present(provider, sample)
                        applied = await objects.update(provider, sample, sample.changed, before)
                        with about(sample.address):
                            _is_applied(applied)
                            await _converged(provider, sample, sample.changed)

        _run(check())

    def test_what_is_deleted_is_absent(self, subject: Subject) -> None:
        """What was deleted reads as `None`; deleting it again does no harm."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in reversed(subject.samples):
                    before = await objects.present(provider, sample)
                    with about(sample.address):
                        _is_applied(await objects.delete(provider, sample, before))
                        seen = await objects.look(provider, sample)
                        assert seen is None, f"it was deleted, and reads as {seen!r}"

        _run(check())

    def test_deleting_what_is_gone_is_harmless(self, subject: Subject) -> None:
        """Deleting an object that is already deleted succeeds, or is a `Conflict`: the engine then reads
        again.
        """

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in reversed(subject.samples):
                    before = await objects.present(provider, sample)
                    await objects.delete(provider, sample, before)
                    error = await _error(objects.delete(provider, sample, before))
                    assert error is None or isinstance(error, Conflict), (
                        f"{sample.address}: deleting it again raises {error!r}"
                    )

        _run(check())

    def test_two_reads_are_equal(self, subject: Subject) -> None:
        """Reading changes nothing: bodies, versions and IDs are the same the second time."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                first, second = [await objects.read(provider, subject.samples) for _ in range(2)]
                for sample in subject.samples:
                    one, two = (_stable(reading.objects[sample.address]) for reading in (first, second))
                    assert one == two, f"{sample.address} reads as {one!r}, then {two!r}"

        _run(check())

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

        _run(check())

    def test_creating_never_overwrites(self, subject: Subject) -> None:
        """An object that was created meanwhile stays as it is: creating it is a `Conflict`."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in (sample for sample in subject.samples if sample.changed is not None):
                    was = await objects.present(provider, sample)
                    other = replace(sample, body=sample.changed or {})
                    error = await _error(objects.create(provider, other))
                    with about(sample.address):
                        assert isinstance(error, Conflict), f"creating it again gives {error!r}"
                        now = await objects.present(provider, sample)
                        assert now.body == was.body, f"it was {was.body!r}, and is {now.body!r}"

        _run(check())

    def test_an_outdated_update_is_a_conflict(self, subject: Subject) -> None:
        """A write on what is no longer there as it was read changes nothing."""

        async def check() -> None:
            async with objects.made(subject) as provider:
                for sample in (sample for sample in subject.samples if sample.changed is not None):
                    old = await objects.present(provider, sample)
                    await objects.update(provider, sample, sample.changed or {}, old)
                    now = await objects.present(provider, sample)
                    error = await _error(objects.update(provider, sample, sample.body, old))
                    with about(sample.address):
                        assert isinstance(error, Conflict), f"an outdated update gives {error!r}"
                        assert (await objects.present(provider, sample)).body == now.body, "it was written"

        _run(check())

    def test_what_cannot_be_read_is_unknown(self, subject: Subject) -> None:
        """Of a cluster out of reach everything is `Unknown`, and so is the cluster; nothing is absent."""

        async def check(provider: Provider) -> None:
            reading = await objects.read(provider, subject.samples)
            for sample in subject.samples:
                seen = reading.objects.get(sample.address)
                assert isinstance(seen, Unknown), f"{sample.address} cannot be read, and reads as {seen!r}"
                assert isinstance(seen.error, AGAIN), f"{seen.error!r} does not say that it may be read again"
                cluster = reading.clusters.get(sample.address.cluster)
                assert isinstance(cluster, ProviderError), f"its cluster reads as {cluster!r}"

        _run(_unreached(subject, check))

    def test_a_write_out_of_reach_may_be_repeated(self, subject: Subject) -> None:
        """A write to a cluster out of reach raises an error after which it may be tried again."""

        async def check(provider: Provider) -> None:
            for sample in subject.samples:
                error = await _error(objects.create(provider, sample))
                assert isinstance(error, AGAIN), f"{sample.address}: creating it gives {error!r}"
                assert error.message, f"{sample.address}: the error says nothing"

        _run(_unreached(subject, check))

    def test_no_secret_is_shown(self, subject: Subject) -> None:
        """A token is in no repr of the provider and what it holds, and in no error."""
        shown: list[object] = []

        async def check(provider: Provider) -> None:
            shown.extend((repr(provider), repr(getattr(provider, "__dict__", ""))))
            if subject.unreachable is not None:
                shown.append(repr(await objects.read(provider, subject.samples)))
                for sample in subject.samples:
                    error = await _error(objects.create(provider, sample))
                    shown.extend((repr(error), str(error), getattr(error, "hint", "")))

        _run(_unreached(subject, check, or_else=True))
        assert not any(_TOKEN in str(text) for text in shown), (
            "a token is shown: keep the Secret, not its text"
        )

    def test_what_is_given_stays_as_it_is(self, subject: Subject) -> None:
        """Bodies of samples belong to the caller: neither reading nor writing changes them."""
        before = copy.deepcopy([(sample.body, sample.changed) for sample in subject.samples])

        async def check() -> None:
            async with objects.made(subject) as provider:
                await objects.read(provider, subject.samples)

        _run(check())
        after = [(sample.body, sample.changed) for sample in subject.samples]
        assert before == after, "a body that was given to the provider was changed"

    def test_requests_only_grow(self, subject: Subject) -> None:
        """A provider that counts its requests counts upwards."""

        async def check() -> None:
            async with objects.opened(subject) as provider:
                if not isinstance(provider, Counts):
                    raise unittest.SkipTest("the provider does not count its requests")
                before = provider.requests
                await objects.read(provider, subject.samples)
                after = provider.requests
                assert 0 <= before <= after, f"requests were {before}, and are {after}"

        _run(check())


def _run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


async def _converged(provider: Provider, sample: Sample, body: Any) -> None:
    seen = await objects.present(provider, sample)
    assert seen.condition is Condition.READY, f"it is {seen.condition.value}: {seen.why}"
    live, target = objects.plan(provider, sample.address, body, seen)
    assert live == target, f"a second plan is not empty: it is {live!r}, and would become {target!r}"


def _is_applied(applied: object) -> None:
    assert isinstance(applied, Applied), f"perform returns {type(applied).__name__}, not Applied"


def _stable(seen: object) -> object:
    return replace(seen, status="") if isinstance(seen, Present) else seen


async def _error(work: Coroutine[Any, Any, object]) -> ProviderError | None:
    try:
        await work
    except ProviderError as error:
        return error
    return None


async def _unreached(subject: Subject, check: Any, *, or_else: bool = False) -> None:
    """Check the provider on clusters out of reach, with tokens; else (`or_else`) on those that answer."""
    if subject.unreachable is None and not or_else:
        raise unittest.SkipTest("the subject has no `unreachable`")
    clusters = {name: replace(one, token=Secret(_TOKEN)) for name, one in subject.clusters.items()}
    make = subject.unreachable or (lambda given: subject.factory(given, subject.settings))
    provider = make(clusters)
    try:
        await check(provider)
    finally:
        await provider.close()
