"""The forms of failover, redirects, splits and routes; field names are Consul's, in snake_case."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, StringConstraints, Tag

from reconciler.config.language.base import Meta, Strict

Target = Annotated[str, StringConstraints(min_length=1)]
Number = Annotated[float, Field(ge=0, le=100)]


def _shape(value: Any) -> str:
    return "<map>" if isinstance(value, dict) else "<list>" if isinstance(value, list) else "<text>"


class FailoverTo(Strict):
    """The long form of a failover."""

    targets: list[Target]
    connect_timeout: str | None = None
    request_timeout: str | None = None
    meta: Meta | None = None


Failover = Annotated[
    Annotated[Target, Tag("<text>")]
    | Annotated[list[Target], Tag("<list>")]
    | Annotated[FailoverTo, Tag("<map>")],
    Discriminator(_shape),
]


class Headers(Strict):
    """Headers to change on the way."""

    add: dict[str, str] | None = None
    set: dict[str, str] | None = None
    remove: list[str] | None = None


class Split(Strict):
    """The long form of one part of a split."""

    to: Target
    weight: Number
    service_subset: str | None = None
    namespace: str | None = None
    partition: str | None = None
    request_headers: Headers | None = None
    response_headers: Headers | None = None


Splits = Annotated[
    Annotated[list[Split], Tag("<list>")] | Annotated[dict[str, Number], Tag("<map>")],
    Discriminator(lambda value: "<list>" if isinstance(value, list) else "<map>"),
]


class HeaderCondition(Strict):
    """A condition on a request header (in routes)."""

    name: Target
    present: bool | None = None
    exact: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    regex: str | None = None
    invert: bool | None = None


class QueryCondition(Strict):
    """A condition on a query parameter."""

    name: Target
    present: bool | None = None
    exact: str | None = None
    regex: str | None = None


class Match(Strict):
    """Which requests a route is about; all conditions must hold."""

    path_exact: str | None = None
    path_prefix: str | None = None
    path_regex: str | None = None
    case_insensitive: bool | None = None
    header: list[HeaderCondition] | None = None
    query_param: list[QueryCondition] | None = None
    methods: list[str] | None = None


class Route(Strict):
    """One route; the first that matches is taken. Without `match` it takes everything."""

    match: Match | None = None
    to: Target | None = None
    service_subset: str | None = None
    namespace: str | None = None
    partition: str | None = None
    prefix_rewrite: str | None = None
    request_timeout: str | None = None
    idle_timeout: str | None = None
    num_retries: Annotated[int, Field(ge=0)] | None = None
    retry_on_connect_failure: bool | None = None
    retry_on: list[str] | None = None
    retry_on_status_codes: list[int] | None = None
    request_headers: Headers | None = None
    response_headers: Headers | None = None


Routes = list[Route]
