"""Tokens that intentions ask for: which providers, and whether a request could carry one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.access.question import Request
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.body import PROVIDER, items, text


def providers_of(jwt: Any) -> list[str]:
    """Return the names of the providers that a rule asks a token of."""
    return [text(one.get("Name")) for one in items(mapping_of(jwt).get("Providers"))]


def has_token(site: Site, providers: list[str], request: Request) -> bool:
    """Say whether a request may carry a token of one of the providers: where its headers are not known, it
    may.
    """
    headers = request.headers
    if headers is None:
        return True
    return any(_carries(site.entry(PROVIDER, name) or {}, headers, request.path) for name in providers)


def _carries(provider: Mapping[str, Any], headers: Mapping[str, str], path: str | None) -> bool:
    lower = {name.lower(): value for name, value in headers.items()}
    return any(_is_at(mapping_of(place), lower, path) for place in items(provider.get("Locations")) or _USUAL)


def _is_at(place: Mapping[str, Any], headers: Mapping[str, str], path: str | None) -> bool:
    """Say whether there may be a token at a place; `headers` by their names in lower case."""
    header, query, cookie = (mapping_of(place.get(name)) for name in ("Header", "QueryParam", "Cookie"))
    if header:
        value = headers.get(text(header.get("Name")).lower())
        return value is not None and value.startswith(text(header.get("ValuePrefix")))
    if query:
        return path is None or text(query.get("Name")) in _names(path.partition("?")[2], "&")
    return bool(cookie) and text(cookie.get("Name")) in _names(headers.get("cookie", ""), ";")


def _names(pairs: str, between: str) -> set[str]:
    """Return the names of `NAME=VALUE`, of which there are several."""
    return {pair.strip().partition("=")[0] for pair in pairs.split(between) if "=" in pair}


_USUAL: list[Mapping[str, Any]] = [
    {"Header": {"Name": "Authorization", "ValuePrefix": "Bearer "}},
    {"QueryParam": {"Name": "access_token"}},
]
