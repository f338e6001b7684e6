"""The language as data: one pydantic model per form. Unknown keys are errors; nothing is coerced.

The models check form only. Whether names exist and things fit together is asked in `rules*`. The same
models give the JSON Schema that editors use.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from reconciler.config.language.acl import AclPolicy
from reconciler.config.language.entries import Mesh, Meta, ProxyDefaults, Strict
from reconciler.config.language.service import ServiceDefaults
from reconciler.config.language.traffic import Failover, Routes, Splits, Target

Name = Annotated[str, StringConstraints(min_length=1)]


def _shape(value: Any) -> str:
    """Return the form of a value that may be written in several ways."""
    return "<map>" if isinstance(value, dict) else "<list>" if isinstance(value, list) else "<text>"


class Variable(Strict):
    """A declared variable; see `variables.py`, which reads this section before all others."""

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

Labels = dict[
    str,
    Annotated[
        Annotated[str, Tag("<text>")] | Annotated[list[str], Tag("<list>")],
        Discriminator(lambda value: "<list>" if isinstance(value, list) else "<text>"),
    ],
]
Listed = list[
    Annotated[
        Annotated[Name, Tag("<text>")] | Annotated[Labels, Tag("<map>")],
        Discriminator(lambda value: "<map>" if isinstance(value, dict) else "<text>"),
    ]
]
Selector = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[Listed, Tag("<list>")] | Annotated[Labels, Tag("<map>")],
    Discriminator(_shape),
]


class Between(Strict):
    """One peering of two clusters."""

    between: Annotated[list[Name], Field(min_length=2, max_length=2)]
    acceptor: Name | None = None
    names: dict[str, str] = Field(default_factory=dict)
    meta: dict[str, str] = Field(default_factory=dict)
    server_external_addresses: list[str] = Field(default_factory=list)
    protect: bool = False


class FullMesh(Strict):
    """A peering of each with each."""

    mesh: Selector
    meta: dict[str, str] = Field(default_factory=dict)
    protect: bool = False


class Hub(Strict):
    """A peering of one with each of the others; the hub accepts."""

    hub: Name
    spokes: Selector
    meta: dict[str, str] = Field(default_factory=dict)
    protect: bool = False


def _form(value: Any) -> str:
    keys = value if isinstance(value, dict) else ()
    return "<mesh>" if "mesh" in keys else "<hub>" if "hub" in keys or "spokes" in keys else "<between>"


Peering = Annotated[
    Annotated[Between, Tag("<between>")] | Annotated[FullMesh, Tag("<mesh>")] | Annotated[Hub, Tag("<hub>")],
    Discriminator(_form),
]


class ExportTo(Strict):
    """The long form of an exported service."""

    to: Selector
    namespace: Name | None = None


Export = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[Listed, Tag("<list>")] | Annotated[ExportTo, Tag("<map>")],
    Discriminator(_shape),
]


class HeaderMatch(Strict):
    """A condition on a request header (in intentions)."""

    name: Name
    present: bool | None = None
    exact: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    contains: str | None = None
    regex: str | None = None
    invert: bool | None = None
    ignore_case: bool | None = None


class PermissionHttp(Strict):
    """Which requests a permission is about."""

    path_exact: str | None = None
    path_prefix: str | None = None
    path_regex: str | None = None
    header: list[HeaderMatch] | None = None
    methods: list[str] | None = None


class JwtClaim(Strict):
    """A claim that must have a value."""

    path: list[str]
    value: str


class JwtProvider(Strict):
    """A JWT provider that a request must have a token of."""

    name: Name
    verify_claims: list[JwtClaim] | None = None


class Jwt(Strict):
    """JWT requirements (Consul ≥1.16)."""

    providers: list[JwtProvider]


class Permission(Strict):
    """One L7 rule of a source; the first that matches decides."""

    action: Literal["allow", "deny"]
    http: PermissionHttp | None = None
    jwt: Jwt | None = None


class Source(Strict):
    """Who may or may not call: `service`, `service@cluster`, `*`, `*@cluster`, `*@*`."""

    from_: Annotated[
        Annotated[Name, Tag("<text>")] | Annotated[list[Name], Tag("<list>")], Discriminator(_shape)
    ] = Field(alias="from")
    action: Literal["allow", "deny"] | None = None
    permissions: list[Permission] | None = None
    description: str | None = None
    namespace: Name | None = None
    partition: Name | None = None


class Destination(Strict):
    """The long form of a destination. `shared`: sources that others wrote stay."""

    sources: list[Source]
    shared: bool = False
    meta: Meta | None = None
    jwt: Jwt | None = None
    protect: bool = False


Intentions = Annotated[
    Annotated[list[Source], Tag("<list>")] | Annotated[Destination, Tag("<map>")],
    Discriminator(lambda value: "<map>" if isinstance(value, dict) else "<list>"),
]


ConfigurationName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]


class Document(Strict):
    """One file. Sections of several files are one configuration."""

    name: ConfigurationName | None = None
    estate: ConfigurationName | None = None  # what `name` was called
    variables: dict[str, Variable | None] | None = None
    clusters: dict[str, Cluster] | None = None
    groups: dict[str, Selector] | None = None
    peerings: list[Peering] | None = None
    exports: dict[str, dict[str, Export] | None] | None = None
    intentions: dict[str, dict[str, Intentions] | None] | None = None
    failover: dict[str, dict[str, Failover] | None] | None = None
    redirects: dict[str, dict[str, Target] | None] | None = None
    splits: dict[str, dict[str, Splits] | None] | None = None
    routes: dict[str, dict[str, Routes] | None] | None = None
    mesh: dict[str, Mesh | None] | None = None
    proxy_defaults: dict[str, ProxyDefaults | None] | None = None
    service_defaults: dict[str, dict[str, ServiceDefaults | None] | None] | None = None
    config_entries: dict[str, list[dict[str, Any]] | None] | None = None
    acl_policies: dict[str, dict[str, AclPolicy] | None] | None = None
    resources: dict[str, dict[str, dict[str, dict[str, Any] | None] | None] | None] | None = None
    protect: list[Name] | None = None
    sensitive: list[Annotated[list[Name], Field(min_length=2, max_length=2)]] | None = None


def json_schema() -> dict[str, Any]:
    """Return the language as JSON Schema, for editors."""
    return Document.model_json_schema(by_alias=True)
