"""What the configuration asks for, fully resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from reconciler.model.diagnostic import Position
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.scope import Edition

if TYPE_CHECKING:
    from reconciler.model.ignoring.rules import IgnoreRule
    from reconciler.model.reaching.policy import Policy
    from reconciler.model.relocation import Forgetting, Rewrite


@dataclass(frozen=True, slots=True)
class Cluster:
    """A declared cluster. `edition`, `version` and `default_intention` are what the configuration says of it.

    `options` are the keys of its entry that only its provider knows.
    """

    name: str
    address: str
    provider: str
    labels: Mapping[str, str] = field(default_factory=dict)
    partition: str | None = None
    namespace: str | None = None
    edition: Edition | None = None
    version: str | None = None
    default_intention: Literal["allow", "deny"] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    origin: Position | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One declared object. `body` is in the server's documented form; `provider` handles it.

    `depends_on` are the resources that must exist before it. `required_by` names those for whose sake it
    was generated (empty: the user declared it). `shared`: undeclared items of its shareable list stay.
    `sensitive` are paths of fields that the configuration calls sensitive, whether the body has them or not.
    `protected_at` is where the section `protect` names it; with a `protect` of its own there is none.
    """

    address: Address
    body: Mapping[str, Any]
    provider: str
    depends_on: tuple[Address, ...] = ()
    required_by: tuple[Address, ...] = ()
    shared: bool = False
    protect: bool = False
    origin: Position | None = None
    sensitive: tuple[tuple[str | int, ...], ...] = ()
    protected_at: Position | None = None


@dataclass(frozen=True, slots=True)
class DesiredState:
    """All declared clusters and resources. `digest` identifies the configuration (hex SHA-256).

    `name` is the name that the configuration gives itself, if it does.

    `veiled`: some resource has sensitive leaves in its body, or paths of such. `moved` and `removed` say what
    becomes of records alone. `groups` are the clusters of each group, `policies` rules about access,
    `ignores` rules about what is neither reported nor written back.
    """

    clusters: Mapping[str, Cluster]
    resources: Mapping[Address, Resource]
    digest: str = ""
    veiled: bool = False
    name: str | None = None
    moved: tuple[Rewrite, ...] = ()
    removed: tuple[Forgetting, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    ignores: tuple[IgnoreRule, ...] = ()
