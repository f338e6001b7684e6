"""The forms of intentions, who may call a service, and of policies, who may never or must be able to."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from reconciler.config.language.base import Meta, Name, Strict, shape


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
        Annotated[Name, Tag("<text>")] | Annotated[list[Name], Tag("<list>")], Discriminator(shape)
    ] = Field(alias="from")
    action: Literal["allow", "deny"] | None = None
    permissions: list[Permission] | None = None
    description: str | None = None
    namespace: Name | None = None
    partition: Name | None = None


class IntentionsTo(Strict):
    """The long form of a destination. `shared`: sources that others wrote stay."""

    sources: list[Source]
    shared: bool = False
    meta: Meta | None = None
    jwt: Jwt | None = None
    protect: bool = False


Intentions = Annotated[
    Annotated[list[Source], Tag("<list>")] | Annotated[IntentionsTo, Tag("<map>")],
    Discriminator(lambda value: "<map>" if isinstance(value, dict) else "<list>"),
]


class _Policy(Strict):
    reason: str = ""
    undecided: Literal["warn", "block"] = "warn"
    method: Name | None = None
    path: Name | None = None


class DenyPolicy(_Policy):
    """No request from the left side may get to the right side, but for the callers in `except`."""

    deny: Name
    except_: list[Name] = Field(default_factory=list, alias="except")


class RequirePolicy(_Policy):
    """Requests from the left side get to the right side."""

    require: Name


def _form(value: Any) -> str:
    return "<require>" if isinstance(value, dict) and "require" in value else "<deny>"


Policy = Annotated[
    Annotated[DenyPolicy, Tag("<deny>")] | Annotated[RequirePolicy, Tag("<require>")], Discriminator(_form)
]
