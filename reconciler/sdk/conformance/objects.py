"""Reading and writing samples as a run does it: whole bodies, on what was read before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.merge import merge
from reconciler.sdk.address import Address
from reconciler.sdk.conformance.subject import Sample, Subject
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import (
    Applied,
    Body,
    ClusterConfig,
    Observation,
    Present,
    Provider,
    Reading,
    Report,
    Step,
    Verb,
    Wanted,
)


@asynccontextmanager
async def opened(
    subject: Subject, clusters: Mapping[str, ClusterConfig] | None = None
) -> AsyncIterator[Provider]:
    """Make the provider, and close it in the end."""
    provider = subject.factory(clusters or subject.clusters, subject.settings)
    try:
        yield provider
    finally:
        await provider.close()


@asynccontextmanager
async def made(subject: Subject) -> AsyncIterator[Provider]:
    """Yield a provider on whose clusters all samples exist. They are removed at the end, the last first."""
    async with opened(subject) as provider:
        done: list[Sample] = []
        try:
            for sample in subject.samples:
                await create(provider, sample)
                done.append(sample)
            yield provider
        finally:
            for sample in reversed(done):
                await remove(provider, sample)


def _unheard(text: str) -> None:
    """Ignore reported progress."""


async def create(provider: Provider, sample: Sample, report: Report = _unheard) -> Applied:
    """Create a sample."""
    body = declared(provider, sample.address, sample.body)
    return await provider.perform(Step(Verb.CREATE, sample.address, None, body), report)


async def update(
    provider: Provider, sample: Sample, body: Body, before: Present, report: Report = _unheard
) -> Applied:
    """Bring a sample to `body`, on what was read before; by replacing it where its kind asks for that."""
    kind = kind_of(provider, sample.address)
    live = canonical(kind.rule, before.body, declared=False)
    ours, now = (declared(provider, sample.address, one) for one in (sample.body, body))
    after = merge(kind.rule, now, ours, live).target
    replaces = any(live.get(name) != after.get(name) for name in kind.replaces)
    verb = Verb.REPLACE if replaces else Verb.UPDATE
    return await provider.perform(Step(verb, sample.address, before, after, before.version), report)


async def delete(provider: Provider, sample: Sample, before: Present) -> Applied:
    """Delete a sample that was read before."""
    return await provider.perform(Step(Verb.DELETE, sample.address, before, None, before.version), _unheard)


async def remove(provider: Provider, sample: Sample) -> None:
    """Delete a sample if it is there; says nothing of failures, which are another test's."""
    try:
        seen = await look(provider, sample)
        if isinstance(seen, Present):
            await delete(provider, sample, seen)
    except (ProviderError, AssertionError):
        return


async def look(provider: Provider, sample: Sample) -> Observation:
    """Read one sample."""
    reading = await read(provider, [sample])
    assert sample.address in reading.objects, "read leaves out an address that it was asked for"
    return reading.objects[sample.address]


async def read(provider: Provider, samples: Sequence[Sample]) -> Reading:
    """Read samples."""
    reading = await provider.read([Wanted(sample.address, sample.body) for sample in samples])
    assert isinstance(reading, Reading), f"read returns {type(reading).__name__}, not Reading"
    return reading


async def present(provider: Provider, sample: Sample) -> Present:
    """Read one sample that must be there."""
    seen = await look(provider, sample)
    assert isinstance(seen, Present), f"it is there, and reads as {seen!r}"
    return seen


def kind_of(provider: Provider, address: Address) -> Kind:
    """Return the rules of an address's type."""
    kind = provider.kind_of(address.type)
    assert isinstance(kind, Kind), f"kind_of({address.type!r}) gives {kind!r}, not a Kind"
    return kind


def declared(provider: Provider, address: Address, body: Body) -> dict[str, Any]:
    """Return the canonical form of a declared body."""
    return canonical(kind_of(provider, address).rule, body, declared=True)


def plan(provider: Provider, address: Address, body: Body, seen: Present) -> tuple[Any, Any]:
    """Return what is live, and what should be: equal where a plan has no change."""
    kind = kind_of(provider, address)
    live = canonical(kind.rule, seen.body, declared=False)
    ours = {key: value for key, value in declared(provider, address, body).items() if key not in kind.frozen}
    return live, merge(kind.rule, ours, ours, live).target
