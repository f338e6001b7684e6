"""What a provider says of itself, its types and its clusters."""

from __future__ import annotations

import unittest

from reconciler.sdk.conformance import objects
from reconciler.sdk.conformance.running import run
from reconciler.sdk.conformance.subject import Subject
from reconciler.sdk.provider import (
    ClusterInfo,
    Counts,
    Provider,
)
from reconciler.sdk.schemas import RESERVED, description


class Describing:
    """Checks of what is asked of a provider before anything is created."""

    def test_it_is_a_provider(self, subject: Subject) -> None:
        """The four methods are there."""
        provider = subject.factory(subject.clusters, subject.settings)
        assert isinstance(provider, Provider), "a provider has kind_of, read, perform and close"
        run(provider.close())

    def test_types_have_kinds_of_their_name(self, subject: Subject) -> None:
        """`kind_of` gives the rules of the type asked for, and `None` for a type that there is not."""
        provider = subject.factory({}, subject.settings)
        for sample in subject.samples:
            kind = objects.kind_of(provider, sample.address)
            assert kind.type == sample.address.type, f"kind_of({sample.address.type!r}) is of {kind.type!r}"
        assert provider.kind_of(subject.unknown_type) is None, "a type that there is not has no kind: None"
        run(provider.close())

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
        run(provider.close())

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

        run(check())

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

        run(check())
