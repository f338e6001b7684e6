"""Clusters out of reach, and secrets."""

from __future__ import annotations

import unittest
from dataclasses import replace
from typing import Any

from reconciler.sdk.conformance import objects
from reconciler.sdk.conformance.running import error_of, run
from reconciler.sdk.conformance.subject import Subject
from reconciler.sdk.errors import Ambiguous, NotSent, ProviderError, Refused, TimedOut
from reconciler.sdk.provider import (
    Provider,
    Unknown,
)
from reconciler.sdk.secrets.secret import Secret

AGAIN = (NotSent, Refused, Ambiguous, TimedOut)
"""The errors after which a call may be repeated."""
_TOKEN = "conformance-5d1c2f90-token"  # noqa: S105 - to be searched for


class Reach:
    """Checks of what a provider says where no cluster answers."""

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

        run(_unreached(subject, check))

    def test_a_write_out_of_reach_may_be_repeated(self, subject: Subject) -> None:
        """A write to a cluster out of reach raises an error after which it may be tried again."""

        async def check(provider: Provider) -> None:
            for sample in subject.samples:
                error = await error_of(objects.create(provider, sample))
                assert isinstance(error, AGAIN), f"{sample.address}: creating it gives {error!r}"
                assert error.message, f"{sample.address}: the error says nothing"

        run(_unreached(subject, check))

    def test_no_secret_is_shown(self, subject: Subject) -> None:
        """A token is in no repr of the provider and what it holds, and in no error."""
        shown: list[object] = []

        async def check(provider: Provider) -> None:
            shown.extend((repr(provider), repr(getattr(provider, "__dict__", ""))))
            if subject.unreachable is not None:
                shown.append(repr(await objects.read(provider, subject.samples)))
                for sample in subject.samples:
                    error = await error_of(objects.create(provider, sample))
                    shown.extend((repr(error), str(error), getattr(error, "hint", "")))

        run(_unreached(subject, check, or_else=True))
        assert not any(_TOKEN in str(text) for text in shown), (
            "a token is shown: keep the Secret, not its text"
        )


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
