"""What is put to the test: a provider, its clusters, and samples of its resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body, ClusterConfig, Provider, ProviderFactory, Settings


@dataclass(frozen=True, slots=True)
class Sample:
    """A resource to make: `body` as it is declared, `changed` a later version of it (`None`: no update)."""

    address: Address
    body: Body
    changed: Body | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A provider under test. Each test gets a new one, on clusters where none of the samples is.

    factory      what the entry point names
    clusters     clusters that answer, by name
    samples      at least one resource of each type, in the order in which they can be made
    settings     limits, and in-process transports
    unreachable  makes the provider for the same clusters so that none of them can be reached; without it the
                 tests about that are skipped
    unknown_type a type that the provider does not have
    """

    factory: ProviderFactory
    clusters: Mapping[str, ClusterConfig]
    samples: Sequence[Sample]
    settings: Settings = field(default_factory=Settings)
    unreachable: Callable[[Mapping[str, ClusterConfig]], Provider] | None = None
    unknown_type: str = "no_such_type"


@contextmanager
def about(text: object) -> Iterator[None]:
    """Say of an `AssertionError` inside which sample or call it is about."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{text}: {error}") from None
