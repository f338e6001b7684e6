"""The forms of variables, clusters, and what becomes of records."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from reconciler.config.language.base import Name, Strict


class Variable(Strict):
    """A declared variable; see `text.declarations`, which reads this section before all others."""

    type: Literal["string", "number", "bool", "list"] = "string"
    default: str | int | float | bool | list[str] | None = None
    description: str = ""
    sensitive: bool = False


class ConsulCluster(Strict):
    """A Consul cluster. `partition` and `namespace` are for Enterprise.

    `edition` and `version` are for `validate`, which asks no server; a plan refuses servers of the other
    edition.
    """

    address: Name
    provider: Literal["consul"] = "consul"
    labels: dict[str, str] = Field(default_factory=dict)
    partition: Name | None = None
    namespace: Name | None = None
    edition: Literal["community", "enterprise"] | None = None
    version: Annotated[str, StringConstraints(pattern=r"^v?\d+\.\d+")] | None = None
    default_intention: Literal["allow", "deny"] | None = None
    options: dict[str, Any] = Field(default_factory=dict)


class OtherCluster(BaseModel):
    """A cluster of another provider: its further keys are that provider's."""

    model_config = ConfigDict(extra="allow", strict=True, defer_build=True)
    provider: Name
    address: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    partition: Name | None = None
    namespace: Name | None = None


def _provider(value: Any) -> str:
    other = isinstance(value, dict) and isinstance(value.get("provider"), str)
    return "<other>" if other and value["provider"] != "consul" else "<consul>"


Cluster = Annotated[
    Annotated[ConsulCluster, Tag("<consul>")] | Annotated[OtherCluster, Tag("<other>")],
    Discriminator(_provider),
]


class Moved(Strict):
    """What was recorded under one address is recorded under another."""

    from_: Name = Field(alias="from")
    to: Name


class Removed(Strict):
    """What is recorded is forgotten, and not destroyed."""

    address: Name
    destroy: bool = False


class Ignore(Strict):
    """Parts of objects that others look after, or classes of differences of whole objects."""

    address: Annotated[
        Annotated[Name, Tag("<text>")] | Annotated[list[Name], Field(min_length=1), Tag("<list>")],
        Discriminator(lambda value: "<list>" if isinstance(value, list) else "<text>"),
    ]
    fields_: list[Name] = Field(default_factory=list, alias="fields")
    classes: list[Literal["unhealthy", "not-effective", "unmanaged-object"]] = Field(default_factory=list)
    reason: Name
    until: Name | None = None
