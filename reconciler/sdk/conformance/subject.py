"""What is put to the test: a provider, its clusters, and samples of its resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body, ClusterConfig, Provider, ProviderFactory, Settings


@dataclass(frozen=True, slots=True)
class Sample:
    """A resource to make: `body` as it is declared, `changed` a later version of it (`None`: no update).

    `sensitive` are fields, with dots between their names (`Meta.password`), that take any text and could be
    called sensitive by a configuration: the kit puts a value there and looks for it elsewhere.
    """

    address: Address
    body: Body
    changed: Body | None = None
    sensitive: tuple[str, ...] = ()


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
    storage      files and folders that are the clusters themselves: objects are kept there in clear
    """

    factory: ProviderFactory
    clusters: Mapping[str, ClusterConfig]
    samples: Sequence[Sample]
    settings: Settings = field(default_factory=Settings)
    unreachable: Callable[[Mapping[str, ClusterConfig]], Provider] | None = None
    unknown_type: str = "no_such_type"
    storage: Sequence[Path] = ()


@contextmanager
def about(text: object) -> Iterator[None]:
    """Say of an `AssertionError` inside which sample or call it is about."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{text}: {error}") from None
