"""What a provider may say about types of its own: their form and their rules, for `validate`.

Both protocols are optional, and belong to what the entry point names (the factory, as a rule the provider's
class), because `validate` makes no provider: it has no credentials and contacts no cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body, ProviderFactory

if TYPE_CHECKING:
    from pydantic import BaseModel

RESERVED = ("depends_on", "protect")
"""Keys of a declared resource that belong to the language: no type may have fields of these names."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The form of one type.

    model       a pydantic model of its body; with `extra="forbid"` an unknown key is an error
    references  top-level fields that name other resources of the same cluster, and the type that they name:
                a text, or a list of texts. What is declared under such a name is made first.
    """

    model: type[BaseModel]
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource as the configuration declares it, without the reserved keys."""

    address: Address
    body: Body


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a declared resource. `path` leads to the value in its body, `()` is the resource.

    `rule` is a stable word for the rule that it breaks. A `warning` is shown and stops nothing.
    """

    address: Address
    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    rule: str = "provider-rule"
    warning: bool = False


@runtime_checkable
class Describes(Protocol):
    """A factory that knows the types of its provider: a class attribute `schemas`, by type.

    A type that is not in it is an error in the configuration, with the nearest name as a hint.
    """

    schemas: Mapping[str, Schema]


@runtime_checkable
class DescribesClusters(Protocol):
    """A factory that knows which keys of its own a cluster has: a class attribute `cluster_schema`.

    The model checks `ClusterConfig.options`: all keys but `provider`, `address`, `labels`, `partition` and
    `namespace`.
    """

    cluster_schema: type[BaseModel]


@runtime_checkable
class Validates(Protocol):
    """A factory that has rules for what is declared: a static method `validate`."""

    def validate(self, declared: Sequence[Declared], /) -> Iterable[Problem]:
        """Return the problems of all resources that are declared for this provider, which are given together.

        Pure: it contacts nothing. Called only where the form of every resource is right.
        """
        ...


@dataclass(frozen=True, slots=True)
class Description:
    """What a factory says about its types; `None` where it does not say it."""

    schemas: Mapping[str, Schema] | None = None
    cluster_schema: type[BaseModel] | None = None
    validate: Callable[[Sequence[Declared]], Iterable[Problem]] | None = None


def description(factory: ProviderFactory) -> Description:
    """Return what a factory says about its types."""
    return Description(
        factory.schemas if isinstance(factory, Describes) else None,
        factory.cluster_schema if isinstance(factory, DescribesClusters) else None,
        factory.validate if isinstance(factory, Validates) else None,
    )
